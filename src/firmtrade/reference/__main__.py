"""python -m firmtrade.reference OUT_DIR [STUDY]: write the reference pages of a study's words."""

from __future__ import annotations

import sys
from pathlib import Path

from firmtrade.reference import write_reference

if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: python -m firmtrade.reference OUT_DIR [STUDY]")
    write_reference(Path(sys.argv[1]), *sys.argv[2:])
