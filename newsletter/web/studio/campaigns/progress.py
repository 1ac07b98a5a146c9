"""How far a campaign is, how quickly it goes, who got it and who did not, with the server's words."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from flask import Response, abort, make_response, request, url_for
from flask import redirect as go_to

from newsletter.content.moments import moment_in_words
from newsletter.domain.campaign import Campaign, CampaignState
from newsletter.domain.etiquette import AWAITING, CAME_WITH, LET_GO, ONE_MAIL, TOO_OLD
from newsletter.store import audiences
from newsletter.store import progress as ledger
from newsletter.store.engine import Transaction
from newsletter.usecases import campaigns, giving_way, standstill
from newsletter.web import guards
from newsletter.web.guards import house
from newsletter.web.studio.campaigns.room import door, find, is_draft, may_edit, owners_zone, page
from newsletter.web.studio.saying import wall

_PAGE = 50
_PUNCTUAL = timedelta(minutes=10)
WHYS = {
    "left": "She left before it went.",
    "paused": "She asked for a pause.",
    "suppressed": "Her address gets no mail: it does not exist, or no mail is wanted there.",
    "cancelled": "The campaign was cancelled.",
    **dict.fromkeys(AWAITING, "It waits until her course is over."),
    ONE_MAIL: "With other campaigns that had waited, in one mail.",
    TOO_OLD: "Her course lasted longer than this campaign waits.",
    LET_GO: "You let it go for those who were in a course.",
}
"""What the reasons of the ledger mean for one reader of a campaign."""


@door.get("/<public_id>")
@guards.signed_in("viewer")
def one(public_id: str) -> Any:
    """One campaign: where it stands and who got it. A draft is shown where it is written."""
    state = request.args.get("state", "")
    state = state if state in ledger.WORDS else ""
    after = min(max(request.args.get("after", 0, type=int), 0), 2**62)
    with house().store.reading() as tx:
        found = find(tx, public_id)
        if is_draft(found):
            return go_to(url_for("campaigns.write" if may_edit() else "campaigns.look", public_id=public_id))
        shown = _numbers(tx, found)
        people = ledger.recipients(tx, found.id, ledger.WORDS.get(state, ()), after=after, limit=_PAGE + 1)
    return page(
        "campaign.html",
        **shown,
        readers=people[:_PAGE],
        next_after=people[_PAGE - 1].subscriber_id if len(people) > _PAGE else 0,
        after=after,
        state=state,
        why=why,
        is_late=request.args.get("note") == "late",
    )


def why(reason: str) -> str:
    """What a reason of the ledger means for one reader of a campaign."""
    return "With another campaign, in one mail." if reason.startswith(CAME_WITH) else WHYS.get(reason, reason)


@door.get("/<public_id>/waiting")
@guards.signed_in("editor")
def ask_waiting(public_id: str) -> str:
    """For how many readers a campaign waits until their course is over; and whether it should."""
    with house().store.reading() as tx:
        found = find(tx, public_id)
        waits = giving_way.waiting_in(tx, public_id)
    return page("campaign_waiting.html", one=found, waits=waits)


@door.post("/<public_id>/waiting")
@guards.signed_in("editor")
def end_waiting(public_id: str) -> Any:
    """Send it to them now, or not at all."""
    with house().store.reading() as tx:
        find(tx, public_id)
    match request.form.get("word"):
        case "send":
            giving_way.send_now(house(), public_id)
        case "let go":
            giving_way.let_go(house(), public_id)
        case _:
            abort(400)
    return go_to(url_for("campaigns.one", public_id=public_id), 303)


@door.get("/<public_id>/progress")
@guards.signed_in("viewer")
def fragment(public_id: str) -> Response:
    """The numbers alone, for the page that is open; its state is in a header."""
    with house().store.reading() as tx:
        found = find(tx, public_id)
        shown = _numbers(tx, found)
    answer = make_response(page("campaign_progress.html", **shown))
    answer.headers["X-Campaign-State"] = found.state
    return answer


def _numbers(tx: Transaction, found: Campaign) -> dict[str, Any]:
    tally, pace = campaigns.progress_of(house(), tx, found)
    expected = audiences.count(tx, found.list_id, house().clock.now()) if found.started_at is None else None
    total = found.recipients or 0
    return {
        "one": found,
        "tally": tally,
        "account": ledger.account(tx, found, tally),
        "counts": asdict(tally),
        "total": total,
        "finished": total - tally.waiting,
        "per_minute": pace.per_minute,
        "ends_at": wall(pace.ends_at),
        "remaining": _span((pace.ends_at - house().clock.machine()).total_seconds()) if pace.ends_at else "",
        "starts": moment_in_words(found.scheduled_at, owners_zone()) if found.scheduled_at else "",
        "late_by": _late_by(found),
        "standstill": standstill.why(house(), tx, found, tally),
        "waits": giving_way.waiting_in(tx, found.public_id),
        "expected": expected,
        "as_of": wall(house().clock.machine()),
        "is_open": found.state in (CampaignState.SCHEDULED, CampaignState.SENDING, CampaignState.PAUSED),
    }


def _late_by(found: Campaign) -> str:
    """How much later than its hour a campaign began, when that is worth a word; the house may have been off."""
    if found.scheduled_at is None or found.started_at is None or found.started_at - found.scheduled_at < _PUNCTUAL:
        return ""
    return _span((found.started_at - found.scheduled_at).total_seconds())


def _span(seconds: float) -> str:
    """A span in words a person would use."""
    minutes = round(seconds / 60)
    if seconds < 60:
        return "less than a minute"
    if minutes < 90:
        return f"about {minutes} minute{'s' if minutes != 1 else ''}"
    return f"about {round(seconds / 3600)} hours"
