"""What a person may ask of the owner: a copy of all that is known of her, and to be erased."""

from typing import Any

from flask import Response, url_for
from flask import redirect as go_to

from newsletter.store import ledger, subscribers
from newsletter.usecases import rights
from newsletter.web import guards
from newsletter.web.guards import house
from newsletter.web.studio.saying import page
from newsletter.web.studio.subscribers.room import door, find

_MOST_COUNTED = 10_000


@door.get("/<public_id>/export")
@guards.signed_in("editor")
def export(public_id: str) -> Response:
    """Everything the house knows of her, as one file to keep or to hand over."""
    with house().store.reading() as tx:
        document = rights.export(house(), tx, find(tx, public_id))
    # The file's name tells nothing: it may lie in a folder of downloads for years.
    attached = {"Content-Disposition": f'attachment; filename="subscriber-{public_id[:8]}.json"'}
    return Response(document + "\n", mimetype="application/json", headers=attached)


@door.get("/<public_id>/erase")
@guards.signed_in("owner")
def ask_to_erase(public_id: str) -> str:
    """Say what goes and what remains, and ask once."""
    with house().store.reading() as tx:
        person = find(tx, public_id)
        letters = ledger.count(tx, ledger.Wanted(subscriber=person.id), most=_MOST_COUNTED)
        standings = subscribers.subscriptions_of(tx, person.id)
    return page("subscriber_erase.html", person=person, letters=letters, standings=standings)


@door.post("/<public_id>/erase")
@guards.signed_in("owner")
def erase(public_id: str) -> Any:
    """Erase her."""
    with house().store.reading() as tx:
        person = find(tx, public_id)
    rights.erase(house(), person)
    return go_to(url_for("subscribers.overview", done="erased"), 303)
