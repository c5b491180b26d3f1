"""A picture as an SVG: for a page, or as a file."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from markupsafe import Markup, escape

from firmtrade.serve.draw import bars, lines
from firmtrade.serve.draw.data import KINDS, Picture

WIDE, NARROW = 640, 300


def draw(picture: Picture, width: int = WIDE, prefix: str = "chart") -> Markup:
    """The SVG; `prefix` begins the ids in it, which must be unique on a page.

    Raises:
        ValueError: the picture's kind is not one of KINDS.
    """
    if picture.kind not in KINDS:
        raise ValueError(f"A picture's kind is one of {', '.join(KINDS)}; this one has {picture.kind!r}.")
    painter = bars.draw if picture.kind in ("bars", "stacked") else lines.draw
    body, height = painter(picture, float(width))
    named = f'<title id="{prefix}-title">{escape(picture.title)}</title>'
    named += f'<desc id="{prefix}-desc">{escape(picture.description)}</desc>' if picture.description else ""
    about = f' aria-describedby="{prefix}-desc"' if picture.description else ""
    size = f'viewBox="0 0 {width} {height:.0f}" width="{width}" height="{height:.0f}"'
    return Markup(
        f'<svg xmlns="http://www.w3.org/2000/svg" class="draw" role="img" aria-labelledby="{prefix}-title"'
        f"{about} {size}>{named}{body}</svg>"
    )


def both(picture: Picture, prefix: str = "chart") -> Markup:
    """A wide and a narrow drawing; draw.css shows the one that fits."""
    wide, narrow = draw(picture, WIDE, f"{prefix}-wide"), draw(picture, NARROW, f"{prefix}-narrow")
    return Markup(f'<div class="draw-wide">{wide}</div><div class="draw-narrow">{narrow}</div>')


def standalone(svg: str) -> str:
    """The SVG as a file: with the colours of the light page, on white, whoever opens it."""
    at = svg.index(">") + 1
    style = f'<style>{_style()}</style><rect width="100%" height="100%" fill="#fff"/>'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{svg[:at]}{style}{svg[at:]}\n'


@cache
def _style() -> str:
    """draw.css with the light colours written out: a file has no variables of a page."""
    css = files("firmtrade.serve").joinpath("static/draw.css").read_text(encoding="utf-8")
    light = css.split("/* page only */")[0]
    colours = dict(
        line.strip().rstrip(";").split(": ") for line in css.splitlines() if line.startswith("  --c-")
    )
    for name, value in colours.items():
        light = light.replace(f"var({name})", value)
    return "".join(light.split("}\n", 1)[1].split("\n"))
