"""All campaigns, and what can be done with one that is no longer being written: pause, resume, cancel, duplicate."""

from typing import Any

from flask import redirect as go_to
from flask import request, url_for

from newsletter.domain.campaign import CampaignState
from newsletter.store import campaigns as rows
from newsletter.store import progress
from newsletter.usecases import campaigns, drafts
from newsletter.usecases.campaigns import CampaignError
from newsletter.web import guards
from newsletter.web.guards import house
from newsletter.web.studio.campaigns.room import door, find, is_draft, page

_PAGE = 25
_MOVES = {"pause": campaigns.pause, "resume": campaigns.resume, "cancel": campaigns.cancel}


@door.get("/")
@guards.signed_in("viewer")
def overview() -> str:
    """All campaigns, of one state or of all, page by page."""
    asked = request.args.get("state", "")
    state = CampaignState(asked) if asked in list(CampaignState) else None
    order = request.args.get("sort", "")
    order = order if order in rows.ORDERS else "newest"
    number = max(request.args.get("page", 1, type=int), 1)
    with house().store.reading() as tx:
        counts = rows.count_by_state(tx)
        found = rows.page(tx, state=state, order=order, limit=_PAGE + 1, offset=(min(number, 10_000) - 1) * _PAGE)
        tallies = progress.tallies(tx, [one.id for one in found[:_PAGE]])
    return page(
        "campaigns.html",
        found=found[:_PAGE],
        tallies=tallies,
        states=[(each.value, counts.get(each, 0)) for each in CampaignState],
        total=sum(counts.values()),
        state=state.value if state else "",
        order=order,
        at=number,
        has_more=len(found) > _PAGE,
        done=request.args.get("done", ""),
    )


@door.post("/<public_id>/pause", defaults={"event": "pause"})
@door.post("/<public_id>/resume", defaults={"event": "resume"})
@door.post("/<public_id>/cancel", defaults={"event": "cancel"})
@guards.signed_in("editor")
def move(public_id: str, event: str) -> Any:
    """Pause, resume or cancel a campaign; one that somebody else moved meanwhile just shows where it is."""
    with house().store.reading() as tx:
        find(tx, public_id)
    try:
        _MOVES[event](house(), public_id)
    except CampaignError:
        return go_to(url_for("campaigns.one", public_id=public_id, note="late"), 303)
    return go_to(url_for("campaigns.one", public_id=public_id), 303)


@door.get("/<public_id>/cancel")
@guards.signed_in("editor")
def ask_to_cancel(public_id: str) -> Any:
    """Say what a cancelled campaign is, and ask once."""
    with house().store.reading() as tx:
        found = find(tx, public_id)
        tally = progress.tallies(tx, [found.id])[found.id]
    if found.state not in (CampaignState.SCHEDULED, CampaignState.SENDING, CampaignState.PAUSED):
        return go_to(url_for("campaigns.one", public_id=public_id), 303)
    return page("campaign_cancel.html", one=found, tally=tally)


@door.post("/<public_id>/duplicate")
@guards.signed_in("editor")
def duplicate(public_id: str) -> Any:
    """Begin a draft with the same words."""
    with house().store.reading() as tx:
        find(tx, public_id)
    return go_to(url_for("campaigns.write", public_id=drafts.duplicate(house(), public_id), done="copied"), 303)


@door.get("/<public_id>/delete")
@guards.signed_in("editor")
def ask_to_delete(public_id: str) -> Any:
    """Ask once before a draft is deleted."""
    with house().store.reading() as tx:
        found = find(tx, public_id)
    if not is_draft(found):
        return go_to(url_for("campaigns.one", public_id=public_id), 303)
    return page("campaign_delete.html", one=found)


@door.post("/<public_id>/delete")
@guards.signed_in("editor")
def delete(public_id: str) -> Any:
    """Delete a draft."""
    with house().store.reading() as tx:
        find(tx, public_id)
    try:
        drafts.delete(house(), public_id)
    except CampaignError:
        return go_to(url_for("campaigns.one", public_id=public_id, note="late"), 303)
    return go_to(url_for("campaigns.overview", done="deleted"), 303)
