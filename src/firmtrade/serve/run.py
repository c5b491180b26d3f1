"""Start the server: on this machine only, unless it has TLS and a door."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import closing

from firmtrade.errors import DataError
from firmtrade.serve.app import application
from firmtrade.serve.site import Site


def serve(site: Site, port: int, tell: Callable[[str], None]) -> None:
    """Serve `site` on 127.0.0.1 until Ctrl-C; `tell` is told the address when it answers.

    Port 0 takes a free one.

    Raises:
        DataError: the port is taken.
    """
    import uvicorn

    host = "127.0.0.1"
    with closing(_bound(host, port)) as listening:
        config = uvicorn.Config(application(site), log_level="warning", access_log=False, server_header=False)
        tell(f"http://{host}:{listening.getsockname()[1]}/")
        uvicorn.Server(config).run(sockets=[listening])


def _bound(host: str, port: int) -> socket.socket:
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
        found.listen(128)
    except OSError as error:
        found.close()
        raise DataError(
            f"Port {port} cannot be used: {error.strerror}. Choose another with --port."
        ) from None
    return found
