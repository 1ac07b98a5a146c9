"""An accent is taken when it can be read wherever it stands; any other is answered with the nearest that can."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.colour import (
    DARK,
    LIGHT,
    OURS,
    READABLE,
    accent_of,
    against_its_worst,
    contrast,
    nearest_readable,
    read,
)

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)
    assert contrast("#1f6f6b", "#1f6f6b") == 1


@pytest.mark.parametrize(
    ("typed", "colour"),
    [
        ("#1F6F6B", "#1f6f6b"),
        ("1f6f6b", "#1f6f6b"),
        (" #abc ", "#aabbcc"),
        ("", None),
        ("teal", None),
        ("#12345", None),
    ],
)
def test_a_colour_is_read_as_people_write_it(typed: str, colour: str | None) -> None:
    assert read(typed) == colour


@pytest.mark.parametrize("mode", [LIGHT, DARK], ids=["light", "dark"])
@given(colour=COLOURS)
def test_the_nearest_readable_shade_can_be_read(mode, colour: str) -> None:
    shade = nearest_readable(colour, mode)

    assert read(shade) == shade
    assert against_its_worst(shade, mode) >= READABLE


@given(colour=COLOURS)
def test_what_can_be_read_is_left_as_it_is(colour: str) -> None:
    if against_its_worst(colour, LIGHT) >= READABLE:
        assert nearest_readable(colour, LIGHT) == colour
        assert accent_of(colour).light == colour


def test_the_nearest_shade_keeps_its_hue_and_is_no_darker_than_it_must_be() -> None:
    assert nearest_readable("#ff8800", LIGHT) == "#b05e00"
    assert against_its_worst("#b05e00", LIGHT) < READABLE + 0.1


def test_no_colour_is_ours() -> None:
    assert accent_of("") == accent_of("no colour") == accent_of("#1f6f6b") == OURS
