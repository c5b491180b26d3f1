"""What a page shows is made once for each address and language: a release never changes.

Only so many are kept, the latest; a page that the release does not have is not.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any

from firmtrade.serve.render import site
from firmtrade.serve.site import Site
from firmtrade.serve.speak import Tongue, spoken

if TYPE_CHECKING:
    from starlette.requests import Request

MOST = 256
_LONGEST = 300  # letters of an address that is kept


class Shelf:
    """The latest views, for the threads of one server."""

    def __init__(self) -> None:
        self.views: OrderedDict[tuple[str, str, str], Any] = OrderedDict()
        self.lock = Lock()

    def get(self, key: tuple[str, str, str]) -> Any:
        """The view, None where it is not kept."""
        with self.lock:
            if key in self.views:
                self.views.move_to_end(key)
            return self.views.get(key)

    def put(self, key: tuple[str, str, str], view: Any) -> None:
        """Keep a view; the one that was asked for longest ago makes room."""
        with self.lock:
            self.views[key] = view
            if len(self.views) > MOST:
                self.views.popitem(last=False)


def made(request: Request, make: Callable[[Site, Tongue], Any]) -> Any:
    """The view of the request's address in the reader's language, made by `make` where it is not kept."""
    shown, tongue = site(request), spoken(request)
    shelf = shown.kept.setdefault("pages", Shelf())
    key = (request.url.path, request.url.query, tongue.code)
    view = shelf.get(key)
    if view is None:
        view = make(shown, tongue)
        if view is not None and len(key[1]) <= _LONGEST:
            shelf.put(key, view)
    return view
