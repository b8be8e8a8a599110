"""`health`: whether the server of this machine is well, by its exit status. What health checks of containers run.

Apart from the other commands, which take a second to import, and with next to nothing of the standard library, for it
is asked all the time. `socket` alone costs as much as the start of Python, so the module beneath it is used, and no
`from __future__`, which is a file to read, too.
"""

import _socket
import os
import sys

_SECONDS = 3.0
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where a server that listens there is asked


def main(arguments: list[str]) -> int:
    """0 when the process is up, or with `--ready` when it stores what is sent now; 1 when not, with the reason."""
    problem = _problem("/readyz" if "--ready" in arguments else "/livez")
    if problem is not None:
        sys.stderr.write(f"not well: {problem}\n")
    return int(problem is not None)


def _problem(path: str) -> str | None:
    host = (os.environ.get("SCOUTER_SERVER_HOST") or "127.0.0.1").strip("[]")
    named = os.environ.get("SCOUTER_SERVER_PORT") or "8000"
    if not named.isdecimal():
        return f"SCOUTER_SERVER_PORT is {named!r}, which is no number"
    port = int(named) + 1  # that of the metrics answers from start to end
    try:
        answer = _asked(_EVERYWHERE.get(host, host), port, path)
    except OSError as failure:
        return f"no answer from {host}:{port} ({failure})"
    head, _, body = answer.partition("\r\n\r\n")
    status = head.partition("\r\n")[0]
    return None if status.split()[1:2] == ["200"] else f"{path} answered {status!r}: {body[:1000]}"


def _asked(host: str, port: int, path: str) -> str:
    connection = _connected(host, port)
    try:
        connection.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        received = b""
        while piece := connection.recv(65536):
            received += piece
    finally:
        connection.close()
    return received.decode(errors="replace")


def _connected(host: str, port: int) -> _socket.socket:
    refusal = OSError(f"{host} has no address")
    # As bytes: a text would bring in what encodes names of all languages.
    for family, kind, protocol, _, address in _socket.getaddrinfo(host.encode(), port, 0, _socket.SOCK_STREAM):
        connection = _socket.socket(family, kind, protocol)
        connection.settimeout(_SECONDS)
        try:
            connection.connect(address)
        except OSError as failure:
            connection.close()
            refusal = failure
        else:
            return connection
    raise refusal
