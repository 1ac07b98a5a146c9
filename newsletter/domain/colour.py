"""The colours of letters and pages by their roles, light and dark, and whether an accent can be read among them."""

import colorsys
import re
from dataclasses import dataclass
from functools import lru_cache

READABLE = 4.5
"""The least contrast of text against what it stands on (WCAG 2.2, success criterion 1.4.3)."""

_HEX = re.compile(r"#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_STEPS = 256


@dataclass(frozen=True, slots=True)
class Palette:
    """One mode's colours by role, each as #rrggbb."""

    paper: str
    card: str
    ink: str
    soft: str
    line: str
    accent: str
    on_accent: str


LIGHT = Palette("#fbfaf7", "#ffffff", "#22252b", "#5b606b", "#dedbd3", "#1f6f6b", "#ffffff")
DARK = Palette("#16181c", "#1e2126", "#e9e7e2", "#a9adb6", "#353941", "#74c7bf", "#0d1f1e")


@dataclass(frozen=True, slots=True)
class Accent:
    """The owner's colour for links and buttons, in both modes, each with the colour of text upon it."""

    light: str = LIGHT.accent
    on_light: str = LIGHT.on_accent
    dark: str = DARK.accent
    on_dark: str = DARK.on_accent


OURS = Accent()


def read(text: str) -> str | None:
    """A colour as #rrggbb from "#1f6f6b", "1F6F6B" or "#abc"; None when it is none."""
    found = _HEX.fullmatch(text.strip())
    if not found:
        return None
    digits = found[1].lower()
    return "#" + ("".join(digit * 2 for digit in digits) if len(digits) == 3 else digits)


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def against_its_worst(accent: str, mode: Palette) -> float:
    """The smallest contrast an accent has: as a link on paper and on card, and under the text of a button."""
    return min(contrast(accent, ground) for ground in (mode.paper, mode.card, mode.on_accent))


def nearest_readable(accent: str, mode: Palette) -> str:
    """The accent itself, or the nearest lightness of the same hue at which it can be read in a mode."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*(part / 255 for part in _parts(accent)))
    end = 0.0 if mode is LIGHT else 1.0
    for step in range(_STEPS + 1):
        shade = accent if step == 0 else _shade(hue, lightness + (end - lightness) * step / _STEPS, saturation)
        if against_its_worst(shade, mode) >= READABLE:
            return shade
    return mode.accent


@lru_cache(maxsize=16)  # asked for with every request; the search for the dark shade takes two milliseconds
def accent_of(text: str) -> Accent:
    """The accent for both modes from a colour that can be read in the light one; ours when the text is none."""
    light = read(text)
    if light is None or light == OURS.light:
        return OURS
    return Accent(light, LIGHT.on_accent, nearest_readable(light, DARK), DARK.on_accent)


def _shade(hue: float, lightness: float, saturation: float) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in colorsys.hls_to_rgb(hue, lightness, saturation))


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(part / 255) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
