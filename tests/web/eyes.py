"""A page as eyes of every kind meet it: on a phone and at a desk, in the light and in the dark."""

from collections.abc import Iterator
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

WIDTHS = (1280, 360)
"""A desk and a phone: a page is shown once and looked at in both. It stays a phone's, where what comes next is done."""

SCHEMES: dict[Any, list[str]] = {"light": [], "dark": ["cat.color"]}
"""How a page is lit, and the rules that can answer differently there; the whole book is asked once."""

_AXE = Axe().axe_script
_ASK = """tags => axe.run({resultTypes: ["violations"], runOnly: tags.length ? tags : undefined}).then(
    found => found.violations.map(one => [one.id, one.nodes.map(node => node.target.join(" "))]))"""
_TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def look(page: Page, name: str) -> Iterator[str]:
    """What is wrong with a page as it stands there: what axe finds, and what a phone would have to be pushed for."""
    page.evaluate(_AXE)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        for scheme, rules in SCHEMES.items():
            page.emulate_media(color_scheme=scheme)
            for rule, targets in page.evaluate(_ASK, rules):
                yield f"{name}, {width} px, {scheme}: {rule} {targets}"
        too_wide = page.evaluate(_TOO_WIDE)
        if too_wide > 0:
            yield f"{name}: {too_wide} px too wide at {width}"
