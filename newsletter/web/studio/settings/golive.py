"""Going live: six lights, each with its next step, and the two things that can be tried from here."""

from typing import Any

from flask import redirect, request, url_for

from newsletter.domain.address import AddressError
from newsletter.domain.golive import Glow
from newsletter.usecases import golive
from newsletter.usecases.testing import TrialError
from newsletter.web import guards
from newsletter.web.guards import house
from newsletter.web.studio import saying
from newsletter.web.studio.settings.room import door

_MARKS = {Glow.READY: "good", Glow.NEXT: "warning", Glow.WAITING: "warning", Glow.WRONG: "error"}


@door.get("/going-live")
@guards.signed_in("viewer")
def going_live() -> str:
    """The six lights, as they were found last; loading the page asks nobody over the network."""
    return _page()


@door.post("/going-live/check")
@guards.signed_in("owner")
def check() -> Any:
    """Knock at the mail server and ask DNS, now."""
    golive.check_now(house())
    return redirect(url_for("settings.going_live"), 303)


@door.post("/going-live/test-letter")
@guards.signed_in("owner")
def send_test_letter() -> Any:
    """Send the welcome to whoever asks."""
    who = guards.visitor()
    assert who is not None
    try:
        golive.send_test_letter(house(), who.address)
    except (AddressError, TrialError) as error:
        return _page(str(error)), 409
    return redirect(url_for("settings.going_live"), 303)


def _page(error: str = "") -> str:
    is_https = house().letterhead.base_url.startswith("https://")
    with house().store.reading() as tx:
        lights = golive.lights(house(), tx, came_securely=request.is_secure if is_https else None)
    ready = sum(light.glow is Glow.READY for light in lights)
    return saying.page("going_live.html", lights=lights, glows=_MARKS, ready=ready, error=error)
