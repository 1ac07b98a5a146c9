"""The first page of the studio: what is true now, and what wants the owner today."""

from flask import Blueprint, url_for

from newsletter.content.moments import moment_in_words
from newsletter.usecases import today, wants
from newsletter.usecases.wants import Place, Want
from newsletter.web import guards
from newsletter.web.guards import house
from newsletter.web.studio.saying import page

door = Blueprint("today", __name__, url_prefix="/admin")


@door.get("/")
@guards.signed_in("viewer")
def overview() -> str:
    """Where things stand."""
    with house().store.reading() as tx:
        seen = today.look(house(), tx)
        wanted = wants.everything(house(), tx)
    return page(
        "today.html",
        seen=seen,
        at=moment_in_words(seen.seen_at, seen.zone),
        wanted=[(one, _way_to(one)) for one in wanted],
        most=max([one.letters for one in (*seen.went, *seen.coming)], default=0),
    )


def _way_to(one: Want) -> str:
    """The page where a want's next step is taken."""
    match one.place:
        case Place.QUEUE:
            return url_for("deliveries.overview", state="queued")
        case Place.HELD:
            return url_for("held.overview")
        case Place.SUPPRESSED:
            return url_for("subscribers.overview", state="suppressed")
        case Place.CAMPAIGN:
            return url_for("campaigns.one", public_id=one.about)
        case Place.COURSE:
            return url_for("courses.one", slug=one.about)
        case Place.GOING_LIVE:
            return url_for("settings.going_live")
        case Place.PRACTICE:
            return url_for("settings.overview")
