"""The twelve views by number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from firmtrade.support.register.register import Register
from firmtrade.support.views import burden, effect, reach, ready, services
from firmtrade.support.views.context import Context
from firmtrade.support.views.view import View, number

VIEWS: Mapping[str, Callable[[Context], View]] = {
    "01": reach.awareness,
    "02": ready.ready,
    "03": ready.capabilities,
    "04": reach.new_firms,
    "05": services.tailored,
    "06": reach.ventures,
    "07": services.one_file,
    "08": services.services,
    "09": effect.followed,
    "10": burden.in_the_way,
    "11": burden.red_tape,
    "12": reach.links,
}


def view(register: Register, name: str, day: date, scored: bool = True) -> View:
    """One view on a day. `scored` puts the exporting score beside lists of firms without exports."""
    return VIEWS[number(name)](Context(register, day, scored=scored))


def views(register: Register, day: date, scored: bool = True) -> list[View]:
    """All twelve, from one reading of the register."""
    about = Context(register, day, scored=scored)
    return [make(about) for make in VIEWS.values()]
