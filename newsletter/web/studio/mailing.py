"""The lists that people subscribe to, and what a list's campaigns do for readers who are in a course."""

from typing import Any

from flask import Blueprint, abort, request, url_for
from flask import redirect as go_to

from newsletter.domain.etiquette import LONGEST_WAIT_DAYS, Etiquette
from newsletter.store import audiences, lists
from newsletter.usecases import giving_way
from newsletter.usecases.giving_way import EtiquetteError
from newsletter.web import guards
from newsletter.web.guards import house
from newsletter.web.studio.saying import page

door = Blueprint("mailing", __name__, url_prefix="/admin/lists")

WORDS = {
    Etiquette.ANYWAY: "goes anyway",
    Etiquette.HOLD: "waits until the course is over",
    Etiquette.DIGEST: "waits until the course is over, all in one mail",
}


@door.get("/")
@guards.signed_in("viewer")
def overview() -> str:
    """All lists."""
    with house().store.reading() as tx:
        found = lists.everything(tx)
    return page("lists.html", found=found, words=WORDS)


@door.get("/<slug>")
@guards.signed_in("viewer")
def one(slug: str) -> str:
    """One list, and the form of its etiquette."""
    return _shown(slug)


@door.post("/<slug>")
@guards.signed_in("owner")
def change(slug: str) -> Any:
    """Say what its campaigns do beside a course."""
    word, days = request.form.get("etiquette", ""), request.form.get("days", "")
    try:
        giving_way.set_etiquette(house(), slug, word, days=days)
    except EtiquetteError as error:
        return _shown(slug, error), 400
    return go_to(url_for("mailing.one", slug=slug, done=1), 303)


def _shown(slug: str, error: EtiquetteError | None = None) -> str:
    with house().store.reading() as tx:
        found = lists.by_slug(tx, slug)
        if found is None:
            abort(404)
        inside = audiences.count_inside(tx, found.id, house().clock.now())
    return page(
        "list.html",
        one=found,
        inside=inside,
        choices=list(Etiquette),
        chosen=request.form.get("etiquette", found.etiquette),
        days=request.form.get("days", str(found.wait_days)),
        longest=LONGEST_WAIT_DAYS,
        error=error,
        done=request.args.get("done", ""),
    )
