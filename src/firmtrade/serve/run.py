"""Start the server: on this machine only, unless it has TLS and people sign in."""

from __future__ import annotations

import getpass
import secrets
import socket
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from firmtrade.errors import DataError, StudyError
from firmtrade.serve.app import application
from firmtrade.serve.guard import LOCAL
from firmtrade.serve.signin.accounts import Accounts, person_of
from firmtrade.serve.signin.door import NOBODY, Entrance
from firmtrade.serve.signin.openid import read_provider
from firmtrade.serve.signin.rights import READER, ROLES
from firmtrade.serve.site import Site


@dataclass(frozen=True)
class Where:
    """Where the server listens and how people come in. Port 0 takes a free one."""

    host: str = "127.0.0.1"
    port: int = 8484
    names: tuple[str, ...] = ()
    certificate: Path | None = None
    key: Path | None = None
    accounts: Path | None = None
    openid: Path | None = None

    @property
    def local(self) -> bool:
        """Whether only this machine reaches the server."""
        try:
            return self.host == "localhost" or ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def secure(self) -> bool:
        """Whether it speaks TLS."""
        return self.certificate is not None and self.key is not None


def serve(site: Site, where: Where, tell: Callable[[str], None]) -> None:
    """Serve `site` until Ctrl-C; `tell` is told the address once it answers.

    Raises:
        StudyError: beyond this machine without TLS and sign-in.
        DataError: the port is taken, or the certificate or the accounts cannot be read.
    """
    import uvicorn

    way = entrance(site, where)
    with closing(_bound(where)) as listening:
        app = application(site, (*LOCAL, where.host, *where.names), way)
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            ssl_certfile=where.certificate,
            ssl_keyfile=where.key,
        )
        try:
            config.load()
        except OSError as error:
            raise DataError(f"The certificate or its key cannot be used: {error}.") from None
        tell(address(where, listening.getsockname()[1], way))
        try:
            uvicorn.Server(config).run(sockets=[listening])
        finally:
            _leave(site)


def _leave(site: Site) -> None:
    """Stop long work and give the register's connections back."""
    if "jobs" in site.kept:
        site.kept["jobs"].stop_all()
    if "register" in site.kept:
        site.kept["register"].close()


def entrance(site: Site, where: Where) -> Entrance:
    """How people come in.

    Without a register on this machine, everybody there reads the release, which may be published. With one,
    whoever started the server has all rights by a ticket that opens once, or people sign in.

    Raises:
        StudyError: beyond this machine without TLS and sign-in.
    """
    asks = where.accounts is not None or where.openid is not None
    if not where.local and not (asks and where.secure):
        raise StudyError(
            f"{where.host} can be reached from other machines, so the server needs TLS and sign-in "
            "there. Give --certificate and --key, and --accounts FILE or --openid FILE; or leave --host out "
            "to serve this machine only."
        )
    made = Entrance(secure=where.secure)
    if asks:
        made.stranger = READER if where.local else NOBODY
        made.accounts = _accounts(where.accounts) if where.accounts else None
        made.provider = read_provider(where.openid) if where.openid else None
    elif site.register:
        made.ticket, made.owner = secrets.token_urlsafe(24), person_of(getpass.getuser(), ROLES, True)
    return made


def _accounts(path: Path) -> Accounts:
    found = Accounts(path)
    if not found.all():
        raise DataError(
            f"There are no accounts in {path}. Make one: "
            f"firmtrade accounts add NAME --role custodian --file {path}"
        )
    return found


def address(where: Where, port: int, way: Entrance) -> str:
    """The address to open."""
    host = f"[{where.host}]" if ":" in where.host else where.host
    ticket = f"open?ticket={way.ticket}" if way.ticket else ""
    return f"{'https' if where.secure else 'http'}://{host}:{port}/{ticket}"


def _bound(where: Where) -> socket.socket:
    family = socket.AF_INET6 if ":" in where.host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((where.host, where.port))
        found.listen(128)
    except OSError as error:
        found.close()
        raise DataError(
            f"{where.host}:{where.port} cannot be used: {error.strerror}. Choose another with --port."
        ) from None
    return found
