"""Local accounts of a small team: a file that only its owner reads, with argon2id hashes of the passwords.

Argon2id with the library's parameters (RFC 9106, low memory) is what OWASP's Password Storage Cheat Sheet
recommends first. Larger teams have an identity provider: signin.openid.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmtrade.errors import DataError, nearest
from firmtrade.serve.signin.rights import ROLES, Person, Right

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST, LONGEST = 12, 256
_NAME = re.compile(r"[\w.@+-]{1,64}")


@dataclass(frozen=True)
class Account:
    """What the file holds of one person."""

    name: str
    roles: tuple[str, ...]
    export: bool
    password: str  # an argon2id hash

    @property
    def person(self) -> Person:
        """Who this is once the password was right."""
        return person_of(self.name, self.roles, self.export)


def person_of(name: str, roles: Iterable[str], export: bool) -> Person:
    """A person with these roles; `export` is the right to take lists of firms away."""
    held = frozenset(roles)
    rights = frozenset(right for role in held for right in ROLES[role])
    return Person(name, held, rights | {Right.EXPORT} if export else rights)


class Accounts:
    """The accounts in a file. It is read at each question, so that a removed account is gone at once."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def all(self) -> dict[str, Account]:
        """By name; none where there is no file yet.

        Raises:
            DataError: the file cannot be read, or others can read it.
        """
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"The accounts in {self.path} cannot be read: {error}.") from None
        if os.name == "posix" and self.path.stat().st_mode & 0o077:
            raise DataError(
                f"Others can read the accounts in {self.path}. Close the file first: chmod 600 {self.path}"
            )
        try:
            return {name: _account(name, entry) for name, entry in sorted(json.loads(text).items())}
        except (ValueError, KeyError, TypeError, AttributeError):
            raise DataError(
                f"{self.path} is not a file of accounts (firmtrade accounts makes one)."
            ) from None

    def add(self, name: str, roles: Iterable[str], export: bool, password: str) -> None:
        """Add an account or replace it.

        Raises:
            DataError: the name, a role or the password will not do; the message says why.
        """
        held = tuple(sorted(set(roles)))
        check_who(name, held)
        _check_password(password)
        kept = self.all()
        kept[name] = Account(name, held, export, _hasher().hash(password))
        self._write(kept)

    def remove(self, name: str) -> None:
        """Remove an account.

        Raises:
            DataError: there is none of that name.
        """
        kept = self.all()
        if name not in kept:
            raise DataError(f"There is no account '{name}' in {self.path}.{nearest(name, kept)}")
        del kept[name]
        self._write(kept)

    def enter(self, name: str, password: str) -> Person | None:
        """The person, if the password is right. An unknown name takes as long as a wrong password."""
        account = self.all().get(name)
        right = _matches(account.password if account else _nobody(), password)
        return account.person if account and right else None

    def _write(self, accounts: dict[str, Account]) -> None:
        entries = {
            each.name: {"roles": list(each.roles), "export": each.export, "password": each.password}
            for each in accounts.values()
        }
        try:
            handle, aside = tempfile.mkstemp(prefix=f".{self.path.name}-", dir=self.path.resolve().parent)
            with os.fdopen(handle, "w", encoding="utf-8") as file:  # mkstemp: only the owner reads it
                file.write(json.dumps(entries, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
                file.flush()
                os.fsync(file.fileno())
            Path(aside).replace(self.path)
        except OSError as error:
            raise DataError(f"The accounts cannot be written to {self.path}: {error.strerror}.") from None


def _account(name: str, entry: dict[str, Any]) -> Account:
    roles = tuple(entry["roles"])
    if unknown := [role for role in roles if role not in ROLES]:
        raise ValueError(unknown)
    return Account(name, roles, bool(entry["export"]), str(entry["password"]))


def check_who(name: str, roles: Iterable[str]) -> None:
    """Refuse a name or roles that will not do, before a password is asked for.

    Raises:
        DataError: see the message.
    """
    if not _NAME.fullmatch(name):
        raise DataError(
            f"{name!r} cannot be the name of an account. Use up to 64 letters, digits and . @ + - _"
        )
    if not roles:
        raise DataError(f"What may '{name}' do? Give at least one role: {', '.join(ROLES)}.")
    for role in roles:
        if role not in ROLES:
            raise DataError(f"There is no role '{role}'.{nearest(role, ROLES)} Roles: {', '.join(ROLES)}.")


def _check_password(password: str) -> None:
    if not SHORTEST <= len(password) <= LONGEST:
        raise DataError(
            f"A password has {SHORTEST} to {LONGEST} characters. A few words together are a good one."
        )


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher
    from argon2.profiles import RFC_9106_LOW_MEMORY

    return PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)


@cache
def _nobody() -> str:
    """The hash of a password that nobody has."""
    return _hasher().hash(os.urandom(32).hex())


def _matches(kept: str, password: str) -> bool:
    from argon2.exceptions import InvalidHashError, VerificationError

    if len(password) > LONGEST:
        return False
    try:
        return _hasher().verify(kept, password)
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False
