"""The sentences that a page begins with after something was done. An address names one; its text is never in it."""

from __future__ import annotations

from typing import Final

SAID: Final[dict[str, str]] = {
    "acknowledged": "Acknowledged.",
    "reopened": "Open again.",
    "activated": "Switched on: it is checked from its next window on.",
    "switched-off": "Switched off: it is not checked any more. Records are still stored.",
    "checked": "Checked now, by the window that closed last.",
    "replayed": "Sent through the border again; what is still wrong stays in quarantine.",
    "replayed-all": "They are stored now.",
    "replayed-none": "They are all still wrong, and stay in quarantine.",
    "replayed-one": "It is stored now.",
    "replayed-before": "It had been stored before: it has left quarantine, and nothing was stored twice.",
    "replayed-empty": "It had nothing in it to store, and has left quarantine.",
    "replay-goes-on": "The time of one request was up. Replay them again: it goes on behind those that were tried.",
    "deleted": "Deleted.",
    "deleted-some": "The time of one request was up. Delete them again for the rest.",
    "profile-deleted": "The profile is deleted, with everything that was stored for it.",
    "user-changed": "Changed. It holds within three seconds on every server.",
    "user-deleted": "The user is gone, and with it every token and session.",
    "password-set": "The password is set. All tokens and sessions of that user have ended.",
    "signed-out-everywhere": "All tokens and sessions of that user have ended.",
    "signed-out": "You are signed out.",
    "settings-kept": "Kept in this browser.",
    "resumed": "What waits in the spool is stored now.",
    "rows-stated": "Kept: alerts of later checks are judged by it.",
    "problem-taken": "Acknowledged: it is not told again until then, but that it is over is.",
    "problem-given-back": "Nobody has taken it any more.",
    "silence-made": "Silenced. What still stands when it ends is told then.",
    "silence-changed": "It ends then.",
    "silence-ended": "It has ended. What it held back is looked at at once.",
    "policy-set": "Set. It holds from the next message on.",
    "policy-taken-back": "Taken back: what is more general holds again.",
    "nothing": "There was nothing to do.",
}
