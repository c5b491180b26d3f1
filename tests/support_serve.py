"""What tests of the web application share."""

from __future__ import annotations

import re


def token(text: str) -> str:
    """The token in a page's form."""
    found = re.search(r'name="token" value="([^"]+)"', text)
    assert found, "the page has no form with a token"
    return found[1]
