"""Slack, OpsGenie, PagerDuty and Teams as far as alerts see of them, with their memory and their limits.

Each is a dialect of `AlertService`. What they check is what their documentation says they check.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.alert_service import Answer, Received, slack_error


@dataclass
class SlackMessage:
    channel: str
    ts: str
    text: str
    blocks: list[dict[str, Any]]
    thread_ts: str | None = None
    is_broadcast: bool = False
    was_changed: bool = False

    @property
    def header(self) -> str:
        text: str = self.blocks[0]["text"]["text"]
        return text


@dataclass
class SlackWorkspace:
    """Channels by name, as in `chat.postMessage`, and by id, as in its answer."""

    messages: list[SlackMessage] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=lambda: {"#drift": "C0DRIFT"})

    def answer(self, request: Received) -> Answer:
        sent = request.json
        channel = self.ids.get(sent["channel"], sent["channel"])
        if channel not in self.ids.values():
            return slack_error("channel_not_found")
        if any(len(block["text"]["text"]) > 3000 for block in sent["blocks"]) or len(sent["blocks"]) > 50:
            return slack_error("invalid_blocks")
        method = request.path.rpartition("/")[2]
        return self._update(channel, sent) if method == "chat.update" else self._post(channel, sent)

    def threads(self) -> list[list[SlackMessage]]:
        """Each message that is no reply, with its replies."""
        first = [message for message in self.messages if message.thread_ts is None]
        return [[each, *(reply for reply in self.messages if reply.thread_ts == each.ts)] for each in first]

    def _post(self, channel: str, sent: dict[str, Any]) -> Answer:
        thread = sent.get("thread_ts")
        if thread is not None and self._find(channel, thread) is None:
            return slack_error("thread_not_found")
        ts = f"1700000000.{len(self.messages):06}"
        broadcast = sent.get("reply_broadcast", False)
        self.messages.append(SlackMessage(channel, ts, sent["text"], sent["blocks"], thread, broadcast))
        return Answer(200, {"ok": True, "channel": channel, "ts": ts})

    def _update(self, channel: str, sent: dict[str, Any]) -> Answer:
        found = self._find(channel, sent["ts"])
        if found is None:
            return slack_error("message_not_found")
        found.text, found.blocks, found.was_changed = sent["text"], sent["blocks"], True
        return Answer(200, {"ok": True, "channel": channel, "ts": found.ts})

    def _find(self, channel: str, ts: str) -> SlackMessage | None:
        found = (each for each in self.messages if (each.channel, each.ts) == (channel, ts))
        return next(found, None)


@dataclass
class OpsGenieAccount:
    """Open alerts by alias: how often each was sent, and with what it was closed."""

    open: dict[str, int] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    def answer(self, request: Received) -> Answer:
        parts = urlsplit(request.path)
        _, separator, rest = parts.path.partition("/alerts/")
        if not separator:
            alias = request.json["alias"]
            self.open[alias] = self.open.get(alias, 0) + 1
            return Answer(202, {"result": "Request will be processed"})
        alias, _, action = rest.partition("/")
        if action != "close" or parse_qs(parts.query).get("identifierType") != ["alias"]:
            return Answer(405, {"message": "no such action"})
        return self._close(unquote(alias), request.json["note"])

    def _close(self, alias: str, note: str) -> Answer:
        if alias not in self.open:
            return Answer(404, {"message": "Alert not found"})
        del self.open[alias]
        self.notes[alias] = note
        return Answer(202, {"result": "Request will be processed"})


@dataclass
class PagerDutyAccount:
    """Incidents by dedup_key: the events that each got."""

    routing_key: str
    events: dict[str, list[str]] = field(default_factory=dict)

    def answer(self, request: Received) -> Answer:
        event = request.json
        if event.get("routing_key") != self.routing_key:
            return self._invalid(f"Invalid routing key {event.get('routing_key')}")
        if event["event_action"] == "trigger" and (fault := _fault_of(event["payload"])):
            return self._invalid(fault)
        if len(event["dedup_key"]) > 255:
            return self._invalid("dedup_key is too long")
        self.events.setdefault(event["dedup_key"], []).append(event["event_action"])
        return Answer(202, {"status": "success", "message": "Event processed", "dedup_key": event["dedup_key"]})

    def _invalid(self, what: str) -> Answer:
        return Answer(400, {"status": "invalid event", "message": "Event object is invalid", "errors": [what]})


def _fault_of(payload: dict[str, Any]) -> str | None:
    if not payload.get("source") or not 0 < len(payload.get("summary", "")) <= 1024:
        return "summary and source are required"
    if payload.get("severity") not in {"critical", "error", "warning", "info"}:
        return "severity is none"
    return None


@dataclass
class TeamsWorkflow:
    """The cards that it posted."""

    cards: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, request: Received) -> Answer:
        if len(request.body) > 28_000:
            return Answer(413, "RequestEntityTooLarge")
        sent = request.json
        if sent.get("type") != "message":
            return Answer(400, {"error": {"code": "TriggerInputSchemaMismatch"}})
        self.cards += [each["content"] for each in sent["attachments"]]
        return Answer(202, "")
