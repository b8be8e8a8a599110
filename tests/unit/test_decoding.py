"""What does not fit: found whatever the sender wrote, told by field, value and what is accepted."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, Struct

from scouter.errors import InvalidInput, Undecodable
from scouter.wire.baselines import BaselineQuery
from scouter.wire.charts import ChartQuery
from scouter.wire.decoding import convert, convert_query, decode_json
from scouter.wire.leap_seconds import second_after
from scouter.wire.messages import Message, Timestamp
from scouter.wire.quarantine import QuarantineQuery

# Each of them looks like the end of the library's own sentences.
PLACES = [
    "x - at `$.a`",
    "x - at `$.a",
    "x` - at `$.records[0].Spc",
    "' - at `$[...]`",
    "Expected `int`, got `str` - at `$[7].b`",
    "Object missing required field `a` - at `$[...][0]`",
    "``$``",
    "- at `",
]


class Colour(StrEnum):
    red = "red"
    blue = "blue"


class Strict(Struct, forbid_unknown_fields=True):
    colour: Colour | None = None


class Sample(Struct):
    colour: Colour | None = None
    word: Literal["a", "b"] | None = None
    plain: Annotated[str, Meta(max_length=3, pattern="^[a-z]*$")] = ""
    at: Timestamp | None = None
    id: UUID | None = None
    numbers: dict[Annotated[str, Meta(max_length=60)], int] = {}
    few: Annotated[list[str], Meta(max_length=2)] = []
    strict: Strict | None = None
    inner: list[Sample] | None = None


sample = msgspec.json.Decoder(Sample)


def refused(body: Any) -> InvalidInput:
    with pytest.raises(InvalidInput) as error:
        decode_json(sample, msgspec.json.encode(body))
    return error.value


@pytest.mark.parametrize("text", PLACES)
@pytest.mark.parametrize(
    ("body", "field", "accepted"),
    [
        (lambda text: {"colour": text}, "colour", "one of red, blue or null"),
        (lambda text: {"word": text}, "word", "one of a, b or null"),
        (lambda text: {"plain": text}, "plain", "a text of length <= 3"),
        (lambda text: {"at": text}, "at", "an RFC 3339 time with a timezone, such as 2026-11-26T00:00:00Z or null"),
        (lambda text: {"id": text}, "id", "a UUID or null"),
        (lambda text: {"numbers": {text: "x"}}, "numbers.{text}", "an integer"),
        (lambda text: {"few": [text] * 3}, "few", "a list of length <= 2"),
        (lambda text: {"few": [text, 1]}, "few[1]", "a text"),
        (lambda text: {"strict": {text: 1}}, "strict.{text}", "only the keys colour"),
        (lambda text: {"strict": text}, "strict", "an object or null"),
        (lambda text: {"inner": [{}, {"inner": [{"colour": text}]}]}, "inner[1].inner[0].colour", "one of red, blue"),
        (lambda text: [text], "body", "an object"),
        (lambda text: text, "body", "an object"),
        (lambda text: {text: text, "few": {text: text}}, "few", "a list"),
    ],
)
def test_a_place_in_what_was_sent_is_no_place(body: Any, text: str, field: str, accepted: str) -> None:
    error = refused(body(text))
    assert error.field == field.replace("{text}", text)
    assert error.accepted.startswith(accepted)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(PLACES),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*PLACES, *Sample.__struct_fields__]), inner),
    max_leaves=10,
)


@given(ANYTHING)
def test_whatever_is_sent_the_field_is_where_it_does_not_fit(body: Any) -> None:
    """What is named is there, and does not fit; without it, something else is named or it fits."""
    try:
        decode_json(sample, msgspec.json.encode(body))
    except InvalidInput as error:
        assert error.field == "body" or error.field.split(".")[0].split("[")[0] in [*Sample.__struct_fields__]


@pytest.mark.parametrize("culprit", [0, 1, 998, 999])
def test_the_first_of_many_is_found(culprit: int) -> None:
    inner: list[dict[str, Any]] = [{"colour": "red"} for _ in range(1000)]
    for n in range(culprit, 1000):
        inner[n] = {"colour": "green"}
    assert refused({"inner": inner}).field == f"inner[{culprit}].colour"
    assert (
        refused({"numbers": {f"n{n}": "x" if n >= culprit else n for n in range(1000)}}).field == f"numbers.n{culprit}"
    )


def test_a_key_that_is_there_twice_is_an_error_and_no_failure() -> None:
    """Each is judged, and reading it again sees only the last one."""
    assert decode_json(sample, b'{"colour": "green", "colour": "red"}') == Sample(colour=Colour.red)
    message = msgspec.json.Decoder(Message)
    with pytest.raises(InvalidInput):
        decode_json(message, b'{"records": 7, "records": [], "request": {}}')


# --- numbers


@pytest.mark.parametrize("number", ["1e999", "-1e400", "9" * 309, "9" * 400, "-" + "9" * 5000])
def test_a_number_beyond_all_floats_spoils_its_record_only(number: str) -> None:
    record = '{"Spc": {"created_at": "2026-01-01T00:00:00Z", "uid": "u", "feature": "f", "value": %s}}'
    raw = f'{{"records": [{record % number}, {record % "1.5"}]}}'.encode()
    message = decode_json(msgspec.json.Decoder(Message), raw)
    assert not isinstance(message.records, msgspec.UnsetType)
    assert [entry.spc.value for entry in message.records if entry.spc] == [float(number), 1.5]


@pytest.mark.parametrize(
    "body", [b'{"a": NaN}', b'{"a": Infinity, "b": 1e999}', b'{"numbers": {"a": %s}, "b": NaN}' % (b"9" * 5000)]
)
def test_what_is_no_number_is_no_json(body: bytes) -> None:
    with pytest.raises(Undecodable):
        decode_json(sample, body)


# --- moments


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
        ("2016-12-31t23:59:60z", "2017-01-01T00:00:00z"),
        ("2016-12-31T23:59:60.123456789Z", "2017-01-01T00:00:00.123456789Z"),
        ("2017-01-01T05:29:60+05:30", "2017-01-01T05:30:00+05:30"),
        ("2016-12-31T18:59:60-05:00", "2016-12-31T19:00:00-05:00"),
        ("2016-06-30T23:59:60+00:00", "2016-07-01T00:00:00+00:00"),
        ("2016-12-31T12:30:60Z", None),
        ("2016-12-31T23:59:61Z", None),
        ("2016-12-31T23:59:60", None),
        ("2016-12-32T23:59:60Z", None),
        ("9999-12-31T23:59:60Z", None),
        ("2016-12-31T23:59:60Z ", None),
        ("x - at `$.a`", None),
    ],
)
def test_a_leap_second_is_the_next_second(text: str, after: str | None) -> None:
    assert second_after(text) == after


def test_leap_seconds_are_read_wherever_a_moment_is_taken() -> None:
    leap, name = "2016-12-31T23:59:60.5Z", "2016-12-31T23:59:60Z"
    body = {"at": leap, "few": [name], "inner": [{"at": leap}, {"at": "2016-01-01T00:00:00Z"}]}
    found = decode_json(sample, msgspec.json.encode(body))
    moment = datetime(2017, 1, 1, 0, 0, 0, 500_000, UTC)
    assert found.at == moment
    assert found.inner is not None
    assert found.inner[0].at == moment
    assert found.few == [name], "a name that looks like one is a name"
    assert convert_query({"since": "2016-12-31T23:59:60Z"}, QuarantineQuery).since == datetime(2017, 1, 1, tzinfo=UTC)
    assert convert(body, Sample).at == moment


@pytest.mark.parametrize("text", ["2026-11-26", "yesterday", "2026-11-26T00:00:00", "", "1700000000"])
def test_what_is_no_moment_is_told_what_one_looks_like(text: str) -> None:
    error = refused({"at": text})
    assert str(error) == (
        f"at: {text!r} is not accepted; expected an RFC 3339 time with a timezone, such as 2026-11-26T00:00:00Z or null"
    )


# --- queries


@pytest.mark.parametrize("null", ["null", "NULL", "Null"])
@pytest.mark.parametrize(
    ("name", "accepted"),
    [
        ("reason", "one of undecodable, "),
        ("transport", "one of http, kafka, rabbitmq"),
        ("since", "an RFC 3339 time"),
        ("limit", "an integer"),
        ("cursor", "a UUID"),
    ],
)
def test_null_in_a_query_is_no_value(name: str, accepted: str, null: str) -> None:
    with pytest.raises(InvalidInput) as error:
        convert_query({name: null}, QuarantineQuery)
    assert (error.value.field, error.value.value) == (name, repr(null))
    assert error.value.accepted.startswith(accepted)
    assert "null" not in error.value.accepted


def test_a_name_may_be_called_null() -> None:
    query = {"space": "null", "time_interval": "OneHour", "max_data_points": "5"}
    assert convert_query(query, ChartQuery).space == "null"


@pytest.mark.parametrize("text", ["2026", "12", "1e9", "1700000000.5", "-1", "inf"])
def test_a_number_in_a_query_is_no_date(text: str) -> None:
    with pytest.raises(InvalidInput, match="RFC 3339 time"):
        convert_query({"since": text}, QuarantineQuery)


def test_what_is_there_twice_is_refused() -> None:
    with pytest.raises(InvalidInput, match="one value; here are 2") as error:
        convert_query({"reason": ["failed", "invalid"]}, QuarantineQuery)
    assert error.value.field == "reason"


@pytest.mark.parametrize(("sent", "read"), [("a", ["a"]), ("null", ["null"]), (["a", "b"], ["a", "b"])])
def test_what_takes_a_list_may_be_there_once_or_more_often(sent: object, read: list[str]) -> None:
    assert convert_query({"uid": "u", "feature": sent}, BaselineQuery).feature == read


@pytest.mark.parametrize("sent", ["nul\x00", ["a", ""], [str(n) for n in range(51)]])
def test_each_of_a_list_has_to_fit(sent: object) -> None:
    with pytest.raises(InvalidInput) as refused:
        convert_query({"uid": "u", "feature": sent}, BaselineQuery)
    assert refused.value.field.startswith("feature")
