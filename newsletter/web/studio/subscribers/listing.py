"""Everybody the house knows: searched, filtered, sorted, a page at a time.

A whole address never stands in a URL, for URLs end up in the logs of whatever stands in front of us: the search is
a form that is posted, and finds a whole address by its keyed digest.
"""

from typing import Any

from flask import redirect as go_to
from flask import request, url_for

from newsletter.domain.address import AddressError, parse
from newsletter.domain.subscription import Status
from newsletter.store import directory, lists, subscribers
from newsletter.store.directory import SORTS, Wanted
from newsletter.web import guards
from newsletter.web.guards import house
from newsletter.web.studio.saying import page, row_number
from newsletter.web.studio.subscribers.room import door

_PAGE = 50
_LONGEST_WORDS = 100
STATES = (*(status.value for status in Status), "paused", "held")
"""What the list can be filtered by: the states of a subscription, and two of a person."""


@door.get("/")
@guards.signed_in("viewer")
def overview() -> str:
    """The list."""
    state, slug, sort = (request.args.get(name, "") for name in ("state", "list", "sort"))
    words = " ".join(request.args.get("q", "").split())[:_LONGEST_WORDS]
    state, sort = state if state in STATES else "", sort if sort in SORTS else SORTS[0]
    after = row_number("after")
    with house().store.reading() as tx:
        mailing = lists.named(tx)
        chosen = next((one for one in mailing if one.slug == slug), None)
        wanted = Wanted(
            words=words,
            status=Status(state) if state in list(Status) else None,
            list_id=chosen.id if chosen else None,
            paused_at=house().clock.now() if state == "paused" else None,
            held=state == "held",
        )
        found = directory.page(tx, wanted, sort=sort, after=after, limit=_PAGE + 1)
        is_all = after is None and len(found) <= _PAGE
        many = len(found) if is_all else directory.count(tx, wanted)
        known = directory.count(tx, Wanted()) if wanted != Wanted() else many
    kept = {"q": words or None, "state": state or None, "list": chosen.slug if chosen else None}
    kept["sort"] = sort if sort != SORTS[0] else None
    return page(
        "subscribers.html",
        found=found[:_PAGE],
        has_more=len(found) > _PAGE,
        many=many,
        known=known,
        mailing=mailing,
        states=STATES,
        kept=kept,
        words=words,
        sort=sort,
        after=after,
        now=house().clock.now(),
        gone=request.args.get("done") == "erased",
        unknown=False,
    )


@door.post("/search")
@guards.signed_in("viewer")
def search() -> Any:
    """A whole address leads to its person's page; a part of one, or of a name, to the list."""
    words = " ".join(request.form.get("q", "").split())[:254]
    try:
        keys = house().address_keys(parse(words).comparable)
    except AddressError:
        kept: dict[str, Any] = {name: request.form.get(name) or None for name in ("state", "list", "sort")}
        return go_to(url_for("subscribers.overview", q=words[:_LONGEST_WORDS] or None, **kept), 303)
    with house().store.reading() as tx:
        person = subscribers.find(tx, keys)
        mailing = lists.named(tx)
        known = directory.count(tx, Wanted())
    if person is not None:
        return go_to(url_for("subscribers.one", public_id=person.public_id), 303)
    nothing: dict[str, Any] = {"found": [], "has_more": False, "many": 0, "after": None, "gone": False}
    kept = dict.fromkeys(("q", "state", "list", "sort"))  # what links carry: never the address
    return page(
        "subscribers.html",
        **nothing,
        known=known,
        mailing=mailing,
        states=STATES,
        kept=kept,
        words=words,
        sort=SORTS[0],
        now=house().clock.now(),
        unknown=True,
    )
