"""The ledger as a page: every email that was owed, what became of it, and the server's words."""

from flask import Blueprint, abort, request

from newsletter.domain.delivery import Kind, State
from newsletter.store import campaigns, ledger, subscribers
from newsletter.web import guards
from newsletter.web.guards import house
from newsletter.web.studio.saying import page, row_number

door = Blueprint("deliveries", __name__, url_prefix="/admin/deliveries")

_PAGE = 50
MOST_COUNTED = 1000
"""Beyond that many rows the page says "more than"."""


@door.get("/")
@guards.signed_in("viewer")
def overview() -> str:
    """The newest deliveries that are asked for."""
    state, kind = request.args.get("state", ""), request.args.get("kind", "")
    state, kind = state if state in list(State) else "", kind if kind in list(Kind) else ""
    words = request.args.get("words", "")[:300]
    before = row_number("before")
    with house().store.reading() as tx:
        person = subscribers.by_public_id(tx, who) if (who := request.args.get("person")) else None
        campaign = campaigns.by_public_id(tx, which) if (which := request.args.get("campaign")) else None
        if (who and person is None) or (which and campaign is None):
            abort(404)
        wanted = ledger.Wanted(
            state=State(state) if state else None,
            kind=Kind(kind) if kind else None,
            campaign=campaign.id if campaign else None,
            subscriber=person.id if person else None,
            words=words,
        )
        found = ledger.page(tx, wanted, before=before, limit=_PAGE + 1)
        many = ledger.count(tx, wanted, most=MOST_COUNTED + 1)
    return page(
        "deliveries.html",
        found=found[:_PAGE],
        has_more=len(found) > _PAGE,
        many=many,
        most=MOST_COUNTED,
        before=before,
        states=[each.value for each in State],
        kinds=[each.value for each in Kind],
        person=person,
        campaign=campaign,
        kept={
            "state": state or None,
            "kind": kind or None,
            "person": who,
            "campaign": which,
            "words": words or None,
        },
    )
