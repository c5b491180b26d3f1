"""Many countries: a release travels as a package, and packages of one pack become one release.

Each office runs the same pack on its own panel and decides itself, by its own disclosure control, what
leaves. What is joined here are Releases only, and nothing is worked out from them: no sum over countries.
"""

from __future__ import annotations

from firmtrade.combine.join import combined
from firmtrade.combine.package import Package, read_package, read_packages, write_package

__all__ = ["Package", "combined", "read_package", "read_packages", "write_package"]
