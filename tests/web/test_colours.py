"""Every role of text can be read on paper and on card, light and dark: measured from the style sheet itself."""

import re
from pathlib import Path

import pytest

import newsletter.web
from newsletter.domain.colour import DARK, LIGHT, READABLE, contrast

SHEET = (Path(newsletter.web.__file__).parent / "static" / "house.css").read_text(encoding="utf-8")
LOOK = (Path(__file__).parents[2] / "docs" / "look.md").read_text(encoding="utf-8")
TEXT = ("ink", "soft", "accent", "warning", "error", "good")
GROUND = ("paper", "card")
SEEN = 3.0
"""What a border that alone shows where a field is needs (WCAG 2.2, success criterion 1.4.11)."""


def roles(scheme: str) -> dict[str, str]:
    """The colours of a scheme by role, as the browser reads them."""
    light, dark = re.findall(r":root \{(.*?)\}", SHEET, re.DOTALL)[:2]
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", light if scheme == "light" else dark))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("ground", GROUND)
@pytest.mark.parametrize("text", TEXT)
def test_text_of_every_role_can_be_read(scheme: str, ground: str, text: str) -> None:
    known = roles(scheme)

    assert contrast(known[text], known[ground]) >= READABLE


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_buttons_can_be_read_and_fields_be_seen(scheme: str) -> None:
    known = roles(scheme)

    assert contrast(known["on-accent"], known["accent"]) >= READABLE
    assert all(contrast(known["edge"], known[ground]) >= SEEN for ground in GROUND)


@pytest.mark.parametrize(("scheme", "palette"), [("light", LIGHT), ("dark", DARK)])
def test_letters_and_pages_have_the_same_colours(scheme: str, palette: object) -> None:
    known = roles(scheme)
    shared = ("paper", "card", "ink", "soft", "line", "accent", "on_accent")

    assert {role: getattr(palette, role) for role in shared} == {role: known[role.replace("_", "-")] for role in shared}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_about_the_look_tells_the_ratios_as_they_are(scheme: str) -> None:
    known = roles(scheme)
    for text in TEXT:
        told = " / ".join(f"{contrast(known[text], known[ground]):.1f}" for ground in GROUND)

        assert re.search(rf"^\| {text} \|.*{known[text]}.* {re.escape(told)} \|", LOOK, re.MULTILINE), (text, told)
