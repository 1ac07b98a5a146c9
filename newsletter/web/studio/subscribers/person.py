"""One person: where she stands, what she agreed to, what she had, what comes next; pausing, and leaving a list."""

from typing import Any

from flask import abort, request, url_for
from flask import redirect as go_to

from newsletter.content.moments import PACE_WORDS
from newsletter.domain.subscriber import PAUSE_WEEKS
from newsletter.domain.subscription import Status
from newsletter.store import consents, directory, ledger, subscribers, suppressions, tags
from newsletter.usecases import journeys, people, preferences
from newsletter.usecases.people import PersonError
from newsletter.web import guards
from newsletter.web.guards import house
from newsletter.web.studio.saying import page
from newsletter.web.studio.subscribers.room import door, find

_LETTERS = 20
DONE = {
    "paused": "The letters rest now.",
    "resumed": "The pause is over. The next letter comes at the next slot; nothing is caught up.",
    "left": "Unsubscribed. What waited for that list is skipped.",
    "tagged": "The tag is given. It holds from now on.",
    "untagged": "The tag is taken back. A course that it began goes on.",
    "added": "Pending: a confirmation mail is on its way. Letters begin when its button is pressed.",
}


@door.get("/<public_id>")
@guards.signed_in("viewer")
def one(public_id: str) -> Any:
    """Her page."""
    return page_of(public_id)


@door.post("/<public_id>/pause")
@guards.signed_in("editor")
def pause(public_id: str) -> Any:
    """Silence her lessons and campaigns for some weeks; her place is kept."""
    with house().store.reading() as tx:
        find(tx, public_id)
    try:
        people.rest(house(), public_id, request.form.get("weeks", ""))
    except PersonError as error:
        return page_of(public_id, str(error)), 400
    return go_to(url_for("subscribers.one", public_id=public_id, done="paused"), 303)


@door.post("/<public_id>/resume")
@guards.signed_in("editor")
def resume(public_id: str) -> Any:
    """End her pause."""
    with house().store.reading() as tx:
        find(tx, public_id)
    people.resume(house(), public_id)
    return go_to(url_for("subscribers.one", public_id=public_id, done="resumed"), 303)


@door.get("/<public_id>/leave/<list_slug>")
@guards.signed_in("editor")
def ask_to_leave(public_id: str, list_slug: str) -> str:
    """Say what ends, and ask once."""
    with house().store.reading() as tx:
        person = find(tx, public_id)
        mine = subscribers.subscriptions_of(tx, person.id)
        standing = next((each for each in mine if each.list_slug == list_slug), None)
        if standing is None or standing.status not in (Status.PENDING, Status.CONFIRMED):
            abort(404)
        hers = journeys.of(tx, person)
    return page("subscriber_leave.html", person=person, standing=standing, journeys=hers)


@door.post("/<public_id>/leave/<list_slug>")
@guards.signed_in("editor")
def leave(public_id: str, list_slug: str) -> Any:
    """End one subscription, at her wish."""
    with house().store.reading() as tx:
        find(tx, public_id)
    try:
        people.leave(house(), public_id, list_slug)
    except PersonError as error:
        return page_of(public_id, str(error)), 409
    return go_to(url_for("subscribers.one", public_id=public_id, done="left"), 303)


def page_of(public_id: str, error: str = "", *, field: str = "", typed: str = "") -> str:
    """Her page; `error` is said beside `field`, in which what was `typed` stays, or at the top."""
    with house().store.reading() as tx:
        person = find(tx, public_id)
        letters = ledger.page(tx, ledger.Wanted(subscriber=person.id), limit=_LETTERS + 1)
        return page(
            "subscriber.html",
            person=person,
            entry=directory.entry(tx, person.id),
            her_zone=person.timezone or house().letterhead.timezone,
            pace=PACE_WORDS[person.pace_weeks] if person.pace_weeks > 1 or preferences.is_weekly(tx, person.id) else "",
            is_paused=person.is_paused(house().clock.now()),
            standings=subscribers.subscriptions_of(tx, person.id),
            silenced=suppressions.of(tx, [person.address_key]),
            journeys=journeys.of(tx, person),
            agreed=consents.of_subscriber(tx, person.id),
            letters=letters[:_LETTERS],
            has_more=len(letters) > _LETTERS,
            weeks=PAUSE_WEEKS,
            carried=tags.of(tx, person.id),
            known_tags=tags.known(tx),
            answered=people.answered(tx, person),
            done=DONE.get(request.args.get("done", ""), ""),
            error=error,
            field=field,
            typed=typed,
        )
