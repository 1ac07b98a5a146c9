"""The owner's colour on every page: a stylesheet of four variables, named by the colour, so that caches may keep it."""

from flask import Blueprint, Response, abort, url_for

from newsletter.domain.colour import OURS, Accent, accent_of, read
from newsletter.web import guards

door = Blueprint("accent", __name__)

_SHEET = """\
:root {{ --accent: {0.light}; --on-accent: {0.on_light}; }}
@media (prefers-color-scheme: dark) {{ :root {{ --accent: {0.dark}; --on-accent: {0.on_dark}; }} }}
"""
_A_YEAR = "public, max-age=31536000, immutable"


@door.get("/accent/<colour>.css")
@guards.public
def sheet(colour: str) -> Response:
    """The variables of one colour; the page says which one is today's."""
    if read(colour) != f"#{colour}":
        abort(404)
    return Response(_SHEET.format(accent_of(colour)), mimetype="text/css", headers={"Cache-Control": _A_YEAR})


def address_of(accent: Accent) -> str:
    """Where today's sheet is; empty for our own colour, which stands in house.css."""
    return "" if accent == OURS else url_for("accent.sheet", colour=accent.light.removeprefix("#"))
