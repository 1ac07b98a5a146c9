"""The first page of the studio: what is true now, and what wants the owner today."""

from flask import Blueprint, render_template

from newsletter.store import lists
from newsletter.web import guards
from newsletter.web.guards import house

door = Blueprint("today", __name__, url_prefix="/admin")


@door.get("/")
@guards.signed_in("viewer")
def overview() -> str:
    """Where things stand."""
    with house().store.reading() as tx:
        mailing = lists.everything(tx)
    return render_template("studio/today.html", lists=mailing)
