"""Where a demonstration lives, and the settings of its server: its own, whatever the shell says."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scouter.assembly import is_loopback
from scouter.errors import StartRefused
from scouter.postgres.database import EMBEDDED
from scouter.postgres.embedded.directory import present_directory
from scouter.settings.archive import ArchiveSettings
from scouter.settings.database import DatabaseSettings
from scouter.settings.messages import MessageSettings
from scouter.settings.records import RecordSettings
from scouter.settings.settings import Settings
from scouter.settings.users import UserSettings

# A team must not be woken by it, nor a bucket be written to: what is not named here is not looked at.
TAKEN = ("SCOUTER_SERVER_HOST", "SCOUTER_SERVER_PORT", "LOG_LEVEL")

_LOOPBACK = "127.0.0.1"
_HOT_DAYS = 21  # of its thirty: the others are in the archive
_STORE_SECONDS = 20.0  # thirty days at once, on a machine that does other things as well
_FILLED = "filled"


@dataclass(frozen=True, slots=True)
class Place:
    """`is_kept`: whoever started it asked for that."""

    root: Path
    is_kept: bool = False

    @property
    def database(self) -> Path:
        return self.root / "database"

    @property
    def archive(self) -> Path:
        return self.root / "archive"

    @property
    def alerts(self) -> Path:
        """Where the alerts of its past are printed."""
        return self.root / "alerts.txt"

    @property
    def is_filled(self) -> bool:
        """By an earlier start."""
        return (self.root / _FILLED).exists()

    def note_filled(self) -> None:
        (self.root / _FILLED).touch()

    def remove(self) -> None:
        """Unless it is kept. As root the database may have had to go elsewhere."""
        if not self.is_kept:
            shutil.rmtree(present_directory(self.database).root, ignore_errors=True)
            shutil.rmtree(self.root, ignore_errors=True)


def chosen_place(kept: Path | None) -> Place:
    """A new directory, or the one that was asked for. Raises `StartRefused` when something else is in that."""
    if kept is None:
        made = Path(tempfile.mkdtemp(prefix="scouter-demo-"))
        made.chmod(0o711)  # as root, Postgres runs as somebody who has to pass
        return Place(made)
    place = Place(kept.resolve(), is_kept=True)
    if place.root.exists() and not place.is_filled and any(place.root.iterdir()):
        raise StartRefused([f"{kept} is neither empty nor a whole demonstration: choose another directory"])
    return place


def taken_settings(environment: Mapping[str, str]) -> Settings:
    """Port, host and log level; all else is as by default."""
    return Settings.from_environment({name: environment[name] for name in TAKEN if name in environment})


def settings_at(place: Place, taken: Settings) -> Settings:
    """Nothing is reached that is not in its directory, and alerts go nowhere but to standard output."""
    host = taken.http.host or _LOOPBACK
    is_private = is_loopback(host)
    return dataclasses.replace(
        taken,
        http=dataclasses.replace(taken.http, host=host),
        database=DatabaseSettings(uri=EMBEDDED, data_dir=place.database),
        archive=ArchiveSettings(storage_uri=str(place.archive)),
        messages=MessageSettings(messages="every_alert"),  # its past is one of checks
        records=RecordSettings(retention_days=_HOT_DAYS, store_seconds=_STORE_SECONDS),
        # Where others reach it the password is generated.
        users=UserSettings(known_users=is_private, guest_access="read" if is_private else "off"),
    )
