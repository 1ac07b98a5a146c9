"""Before a campaign is queued: who gets it, who is left out and why, when, and how it looks; then it asks once."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import redirect as go_to
from flask import request, url_for

from newsletter.content.moments import moment_in_words
from newsletter.domain import campaign
from newsletter.domain.cadence import instant
from newsletter.domain.campaign import Campaign
from newsletter.domain.etiquette import Etiquette
from newsletter.store import audiences
from newsletter.usecases import campaigns, readiness
from newsletter.usecases.campaigns import CampaignError
from newsletter.usecases.readiness import Weight
from newsletter.web import guards
from newsletter.web.guards import house
from newsletter.web.studio.campaigns.room import door, find, is_draft, owners_zone, page

_FARTHEST = timedelta(days=366)
_USUAL_HOUR = "09:00"


class WhenError(Exception):
    """A date or an hour that cannot be meant; the message says why."""


@door.get("/<public_id>/queue")
@guards.signed_in("editor")
def check(public_id: str) -> Any:
    """Everything to know before it goes."""
    with house().store.reading() as tx:
        found = find(tx, public_id)
    if not is_draft(found):
        return go_to(url_for("campaigns.one", public_id=public_id), 303)
    return _check_page(found)


@door.post("/<public_id>/queue")
@guards.signed_in("editor")
def queue(public_id: str) -> Any:
    """Queue it, for now or for an hour on the owner's wall."""
    with house().store.reading() as tx:
        found = find(tx, public_id)
    try:
        at = _when()
    except WhenError as error:
        return _check_page(found, when_error=str(error)), 400
    if any(one.weight is Weight.ERROR for one in readiness.check(house(), found.subject, found.body)):
        return _check_page(found), 409
    try:
        campaigns.queue(house(), public_id, at, seen=request.form.get("seen", ""))
    except CampaignError as error:
        return _too_late(public_id, str(error))
    return go_to(url_for("campaigns.one", public_id=public_id), 303)


def _too_late(public_id: str, words: str) -> Any:
    """Somebody changed or queued it in the same moment: show what is true now."""
    with house().store.reading() as tx:
        found = find(tx, public_id)
    if is_draft(found):
        return _check_page(found, note=words), 409
    return go_to(url_for("campaigns.one", public_id=public_id, note="late"), 303)


def _check_page(found: Campaign, *, when_error: str = "", note: str = "") -> str:
    now = house().clock.now()
    with house().store.reading() as tx:
        audience = audiences.count(tx, found.list_id, now)
        waits = found.etiquette != Etiquette.ANYWAY
        inside = audiences.count_inside(tx, found.list_id, now) if waits else 0
    findings = readiness.check(house(), found.subject, found.body)
    local = now.astimezone(ZoneInfo(owners_zone()))
    return page(
        "campaign_queue.html",
        one=found,
        audience=audience,
        inside=inside,
        findings=findings,
        is_ready=audience.gets > 0 and all(one.weight is not Weight.ERROR for one in findings),
        can_be_shown=not readiness.mistakes(found.subject or "…", found.body or "…"),
        seen=campaign.digest(found),
        now=moment_in_words(now, owners_zone()),
        today=local.date().isoformat(),
        last_day=(local + _FARTHEST).date().isoformat(),
        usual_hour=_USUAL_HOUR,
        when_error=when_error,
        note=note,
        form=request.form,
    )


def _when() -> datetime | None:
    """The instant of the day and the hour in the form, on the owner's wall; None is now. Raises WhenError."""
    day, hour = request.form.get("date", ""), request.form.get("time", "")
    if request.form.get("when") != "later":
        if day or hour not in ("", _USUAL_HOUR):  # a letter that goes a week too early cannot be taken back
            raise WhenError("You gave a day or an hour, and chose “Now”. Please choose “Later”, or empty the day.")
        return None
    return _instant(day, hour)


def _instant(day: str, hour: str) -> datetime:
    try:
        local = datetime.fromisoformat(f"{day}T{hour}")
        if local.tzinfo is not None:
            raise ValueError("only the owner's zone counts here")
    except ValueError:
        raise WhenError("Please give a date and an hour, such as 2026-11-26 and 09:00.") from None
    now = house().clock.now()
    if local.year > now.year + 2:
        raise WhenError("Please choose a day within a year.")
    at = instant(local.date(), local.hour, owners_zone(), local.minute)
    if at <= now:
        raise WhenError(f"That is over: it is {moment_in_words(now, owners_zone())}.")
    if at > now + _FARTHEST:
        raise WhenError("Please choose a day within a year.")
    return at
