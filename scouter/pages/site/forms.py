"""What a form sends."""

from __future__ import annotations

from urllib.parse import parse_qsl

from scouter.errors import InvalidInput, TooLarge

MAX_FORM_BYTES = 64 * 1024
_TYPE = "application/x-www-form-urlencoded"
_MAX_FIELDS = 200


def form_of(raw: bytes, content_type: str | None) -> dict[str, str]:
    """The fields by name, the last of each. Raises `InvalidInput` for what no form of ours sends."""
    if len(raw) > MAX_FORM_BYTES:
        raise TooLarge(f"the form is larger than {MAX_FORM_BYTES} bytes")
    kind = (content_type or "").partition(";")[0].strip().lower()
    if kind != _TYPE:
        raise InvalidInput("header Content-Type", content_type, _TYPE)
    try:
        return dict(parse_qsl(raw.decode("ascii"), keep_blank_values=True, max_num_fields=_MAX_FIELDS, errors="strict"))
    except (UnicodeError, ValueError):
        raise InvalidInput("the form", None, "fields in UTF-8, each percent-encoded") from None


def ids_of(form: dict[str, str], name: str) -> list[int]:
    """Whole numbers separated by commas. Raises `InvalidInput`."""
    text = form.get(name, "")
    try:
        return [int(each) for each in text.split(",")]
    except ValueError:
        raise InvalidInput(name, text, "numbers separated by commas") from None
