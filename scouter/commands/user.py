"""`user`: create and list users, reset a password, end tokens, beside a running server or without one."""

from __future__ import annotations

import argparse
import getpass
import secrets
import sys
from typing import Any

from scouter.auth.passwords import hash_password
from scouter.errors import InvalidInput, NotFound
from scouter.postgres.connections.pool import connect
from scouter.postgres.database import present_database
from scouter.postgres.schema.migrations import migrate
from scouter.postgres.statements import Connection
from scouter.postgres.tables import users
from scouter.settings.settings import Settings
from scouter.users.accounts import NewUser, admin, make_user
from scouter.wire.decoding import convert
from scouter.wire.users import CreateUserRequest, UpdateUserRequest, accepted_by_users

_STDIN_HELP = "read the password from standard input; without it one is asked for, or generated and shown"


def add_to(commands: Any) -> None:
    parser = commands.add_parser("user", help="create and list users, reset a password, end tokens")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    create = actions.add_parser("create", help="create a user")
    create.add_argument("username")
    create.add_argument("--email", help="default: the username")
    create.add_argument("--admin", action="store_true", help="may do everything")
    create.add_argument(
        "--permission",
        action="append",
        metavar="VERB:SPACE",
        help="read:SPACE, write:SPACE, read:all or write:all; may be repeated; default read:all",
    )
    listing = actions.add_parser("list", help="list all users")
    reset = actions.add_parser("reset-password", help="set a new password; ends all tokens of the user")
    reset.add_argument("username")
    ending = actions.add_parser("end-tokens", help="end all tokens of a user; the password stays")
    ending.add_argument("username")
    for action in (create, reset):
        action.add_argument("--password-stdin", action="store_true", help=_STDIN_HELP)
    create.set_defaults(run=run, act=_create)
    listing.set_defaults(run=run, act=_list)
    reset.set_defaults(run=run, act=_reset)
    ending.set_defaults(run=run, act=_end_tokens)


def run(options: argparse.Namespace, settings: Settings) -> int:
    database = present_database(settings.database)
    try:
        migrate(database.conninfo)
        with connect(database.conninfo) as connection:
            options.act(options, connection)
    finally:
        database.stop()
    return 0


def _create(options: argparse.Namespace, connection: Connection) -> None:
    password, generated = _new_password(options)
    sent = {
        "username": options.username,
        "password": password,
        "email": options.email or options.username,
        "permissions": options.permission,
    }
    wanted = convert(sent, CreateUserRequest, accepted=accepted_by_users, secrets={"password"})
    everybody = NewUser(wanted.username, password, wanted.email, permissions=wanted.permissions)
    make_user(connection, admin(wanted.username, password, wanted.email) if options.admin else everybody)
    _say(f"created {options.username!r}", password if generated else None)


def _list(_: argparse.Namespace, connection: Connection) -> None:
    for user in users.all_users(connection):
        state = "active" if user.active else "inactive"
        rights = ", ".join([*user.group_permissions, *user.permissions])
        sys.stdout.write(f"{user.username}\t{user.email}\t{state}\t{rights}\n")


def _reset(options: argparse.Namespace, connection: Connection) -> None:
    if users.user_by_name(connection, options.username) is None:
        raise NotFound(f"there is no user {options.username!r}")
    password, generated = _new_password(options)
    convert({"password": password}, UpdateUserRequest, accepted=accepted_by_users, secrets={"password"})
    users.set_password(connection, options.username, hash_password(password))
    _say(f"changed the password of {options.username!r}", password if generated else None)


def _end_tokens(options: argparse.Namespace, connection: Connection) -> None:
    if not users.end_tokens(connection, options.username):
        raise NotFound(f"there is no user {options.username!r}")
    _say(f"ended all tokens of {options.username!r}", None)


def _new_password(options: argparse.Namespace) -> tuple[str, bool]:
    """A password and whether it was generated, so that it has to be shown."""
    if options.password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        password = getpass.getpass("New password (empty: generate one): ")
    else:
        password = ""
    if options.password_stdin and not password:
        raise InvalidInput("password", "", "one line of text on standard input")
    return (password, False) if password else (secrets.token_urlsafe(18), True)


def _say(done: str, generated: str | None) -> None:
    sys.stdout.write(done + (f"; the password is {generated}" if generated else "") + "\n")
