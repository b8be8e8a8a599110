"""A server in a container: no user of the machine, no right, nothing to write to but one volume."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from tests.conditions import probe
from tests.http_client import HttpClient
from tests.server_process import free_port

PYTHON = "/opt/scouter/venv/bin/python"
# What an image has to bear. The network is the host's, because an engine of the tests has none of its own.
_CONFINED = ("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--network", "host")
_CONFINED_BESIDES = ("--memory", "768m", "--pids-limit", "300")
_READY_SECONDS = 120  # on a busy machine, or under emulation
_COMMAND_SECONDS = 300


def docker(*arguments: str, check: bool = True) -> str:
    """What it printed, errors included. A failure is raised with it."""
    command = ["docker", *arguments]
    ended = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=_COMMAND_SECONDS
    )
    assert not check or ended.returncode == 0, f"{' '.join(command)}: {ended.returncode}\n{ended.stdout[-4000:]}"
    return ended.stdout


class Container:
    """Runs an image on a volume of its own. Leaves with `docker rm` of both.

    `command`: what is run instead of what the image says. `options` are Docker's.
    """

    def __init__(
        self,
        image: str,
        environment: Mapping[str, str] | None = None,
        *options: str,
        command: Sequence[str] = (),
    ) -> None:
        self.name = f"scouter-smoke-{uuid4().hex[:12]}"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        own = {"SCOUTER_SERVER_HOST": "127.0.0.1", "SCOUTER_SERVER_PORT": str(self.port)}
        self._run = (image, *command)
        self._options = (*options, *_flags({**own, **(environment or {})}))

    def start(self) -> Self:
        """Returns at once; `wait_until_ready` waits."""
        where = ("--name", self.name, "--volume", f"{self.name}:/var/lib/scouter")
        docker("run", "--detach", *where, *_CONFINED, *_CONFINED_BESIDES, *self._options, *self._run)
        return self

    def start_again(self) -> None:
        docker("start", self.name)

    def wait_until_ready(self) -> float:
        """Seconds that it took from now on."""
        began = time.monotonic()
        while not self.is_ready():
            assert self.state()["Running"], f"the container ended: {self.state()}\n{self.log}"
            assert time.monotonic() < began + _READY_SECONDS, f"it did not get ready:\n{self.log}"
            time.sleep(0.1)
        return time.monotonic() - began

    def stop(self) -> tuple[float, int]:
        """`docker stop`, which kills after ten seconds: how long it took, and the exit status."""
        began = time.monotonic()
        docker("stop", self.name)
        return time.monotonic() - began, int(self.state()["ExitCode"])

    def kill(self) -> None:
        docker("kill", self.name)

    def python(self, code: str) -> str:
        """What the interpreter of the image prints, run beside the server."""
        return docker("exec", self.name, PYTHON, "-c", code)

    def command(self, *arguments: str) -> str:
        return docker("exec", self.name, "scouter-server", *arguments)

    def state(self) -> Any:
        return json.loads(docker("inspect", "--format", "{{json .State}}", self.name))

    @property
    def log(self) -> str:
        return docker("logs", self.name)

    @property
    def shown_password(self) -> str:
        """The one that the first start showed."""
        shown = re.search(r"with the password (\S+)\n", self.log)
        assert shown, self.log
        return shown[1]

    def client(self, username: str = "admin") -> HttpClient:
        return HttpClient(self.url, username, self.shown_password).login()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        docker("rm", "--force", self.name, check=False)
        docker("volume", "rm", "--force", self.name, check=False)

    def is_ready(self) -> bool:
        try:
            return probe(self.url).status == 200
        except OSError:
            return False


def _flags(environment: Mapping[str, str]) -> list[str]:
    return [f"--env={name}={value}" for name, value in environment.items()]
