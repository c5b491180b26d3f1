"""firmtrade serve: what a run released, in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def add_commands(app: typer.Typer) -> None:
    """Add the command of this file to the command line."""
    app.command()(serve)


def serve(
    folder: Annotated[Path, typer.Argument(help="Folder that `firmtrade run` wrote.")],
    register: Annotated[
        str | None, typer.Option("--register", "-r", help="The agency's register: a file or a database URL.")
    ] = None,
    shapes: Annotated[
        Path | None,
        typer.Option(help="GeoJSON with the shapes of your regions (property NUTS_ID), for the map."),
    ] = None,
    port: Annotated[int, typer.Option(help="Port on this machine; 0 takes a free one.")] = 8484,
) -> None:
    """Open what a run released in a web browser.

    Example: firmtrade serve demo/belgium-2002
    """
    from firmtrade.serve import app_extra

    app_extra()
    from firmtrade.serve.pages.shapes import keep_shapes
    from firmtrade.serve.run import serve as start
    from firmtrade.serve.site import open_site

    site = open_site(folder, register or "")
    if shapes is not None:
        keep_shapes(site, shapes)
    start(site, port, lambda address: typer.echo(f"Open {address} in your browser. Ctrl-C stops the server."))
