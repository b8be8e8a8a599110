"""A program, not a module: runs another program that finds a line for its account in /etc/passwd.

    python -I -S passwd_line.py LINE PROGRAM [ARGUMENT...]

initdb asks for the name of its account, has no use for it, and does nothing without one. In a container an account may
have none: OpenShift gives numbers, and so does `--user 54321`. Here the kernel asks us what becomes of a file that the
program and its children want to read (seccomp), and for /etc/passwd they get a copy with the line. Containers let an
ordinary account do that; they do not let it have a user namespace, or write to /etc.

Standard library only: it runs without site-packages. The exit status is the program's, or NOT_HERE.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import platform
import select
import signal
import socket
import struct
import sys
from contextlib import suppress

NOT_HERE = 71  # the exit status when the kernel, the container or the processor does not let us

_PASSWD = b"/etc/passwd"
# Of linux/audit.h and asm/unistd.h: the processor, seccomp(), openat().
_NUMBERS = {"x86_64": (0xC000003E, 317, 257), "aarch64": (0xC00000B7, 277, 56)}
# Of linux/seccomp.h. Files can be handed over since Linux 5.9.
_SET_FILTER, _WITH_LISTENER = 1, 8
_ALLOW, _ASK = 0x7FFF0000, 0x7FC00000
_RECEIVE, _ANSWER, _HAND_OVER = 0xC0502100, 0xC0182101, 0x40182103
_GO_ON = 1
_QUESTION = struct.Struct("QIIiIQ6Q")  # id, process, flags, call, processor, instruction, arguments
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_LOOK_MILLISECONDS = 100


def main(arguments: list[str]) -> int:
    line, command = arguments[0].encode(), arguments[1:]
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    ours, theirs = socket.socketpair()
    us = os.getpid()
    program = os.fork()
    if program == 0:
        _become(command, us, theirs)
    theirs.close()
    _, listeners, _, _ = socket.recv_fds(ours, 1, 1)
    if not listeners:  # it has said why
        os.waitpid(program, 0)
        return NOT_HERE
    return _answer_until_it_ends(program, listeners[0], line)


def _become(command: list[str], parent: int, supervisor: socket.socket) -> None:
    """It ends with us, in order: it removes what it has begun."""
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        _require(libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGINT), 0, 0, 0))
        if os.getppid() == parent:
            listener = _ask_about_files(libc)
            socket.send_fds(supervisor, [b"."], [listener])
            os.close(listener)
            os.execv(command[0], command)  # noqa: S606 - no shell is the point
    except (OSError, LookupError) as refused:
        sys.stderr.write(f"{refused}\n")
        sys.stderr.flush()
    os._exit(NOT_HERE)


def _ask_about_files(libc: ctypes.CDLL) -> int:
    """From now on this process and its children wait for an answer when they open a file to read it as the C library
    reads its own. What Postgres does to its data goes past that. The descriptor on which it is asked.
    """
    processor, seccomp, openat = _NUMBERS[platform.machine()]
    steps = [
        (0x20, 0, 0, 4),  # the processor that the call is meant for
        (0x15, 0, 5, processor),
        (0x20, 0, 0, 0),  # the call
        (0x15, 0, 3, openat),
        (0x20, 0, 0, 32),  # its third argument, the mode
        (0x15, 0, 1, os.O_RDONLY | os.O_CLOEXEC),
        (0x06, 0, 0, _ASK),
        (0x06, 0, 0, _ALLOW),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("HP", len(steps), ctypes.addressof(code)))
    _require(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    return _require(libc.syscall(seccomp, _SET_FILTER, _WITH_LISTENER, program))


def _answer_until_it_ends(program: int, listener: int, line: bytes) -> int:
    waiting = select.poll()
    waiting.register(listener, select.POLLIN)
    while True:
        for _, event in waiting.poll(_LOOK_MILLISECONDS):
            if event & select.POLLIN:
                _answer(listener, line)
        ended, status = os.waitpid(program, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)


def _answer(listener: int, line: bytes) -> None:
    question = bytearray(_QUESTION.size)
    with suppress(FileNotFoundError):  # whoever asked is gone
        fcntl.ioctl(listener, _RECEIVE, question)
        number, process, *_, path, _, _, _, _ = _QUESTION.unpack(question)
        if _names_passwd(process, path):
            value, flags = _hand_over(listener, number, line), 0
        else:
            value, flags = 0, _GO_ON
        fcntl.ioctl(listener, _ANSWER, struct.pack("QqiI", number, value, 0, flags))


def _names_passwd(process: int, address: int) -> bool:
    expected = _PASSWD + b"\0"
    try:
        with open(f"/proc/{process}/mem", "rb", buffering=0) as memory:  # noqa: PTH123 - pathlib slows the start
            memory.seek(address)
            return memory.read(len(expected)) == expected
    except OSError:  # it is gone, has not so many bytes, or is none of ours to look into
        return False


def _hand_over(listener: int, number: int, line: bytes) -> int:
    """The descriptor that the program gets, of a file of its own."""
    copy = os.memfd_create("passwd")
    with suppress(FileNotFoundError), open(_PASSWD, "rb") as passwd:  # noqa: PTH123
        os.write(copy, passwd.read().rstrip(b"\n") + b"\n")
    os.write(copy, line + b"\n")
    os.lseek(copy, 0, os.SEEK_SET)
    request = struct.pack("QIIII", number, 0, copy, 0, os.O_CLOEXEC)
    try:
        return int(fcntl.ioctl(listener, _HAND_OVER, bytearray(request)))
    finally:
        os.close(copy)


def _require(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
