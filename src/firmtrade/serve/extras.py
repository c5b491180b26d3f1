"""What the web application needs beyond the core: the extra 'app'."""

from __future__ import annotations

from importlib.util import find_spec

from firmtrade.errors import MissingExtra

PACKAGES = ("starlette", "uvicorn", "babel", "multipart", "argon2")


def app_extra() -> None:
    """Say which extra is missing before anything is imported.

    Raises:
        MissingExtra: a package of the extra 'app' is not installed.
    """
    absent = [name for name in PACKAGES if find_spec(name) is None]
    if absent:
        raise MissingExtra(f"The web application ({', '.join(absent)} not installed)", "app")
