"""Campaigns: what is being sent, and to queue, pause, resume or cancel it."""

from typing import Any

from flask import Blueprint, render_template, url_for
from flask import redirect as go_to

from newsletter.store import campaigns as rows
from newsletter.usecases import campaigns
from newsletter.usecases.campaigns import CampaignError
from newsletter.web import guards
from newsletter.web.guards import house

door = Blueprint("campaigns", __name__, url_prefix="/admin/campaigns")

_MOVES = {
    "queue": campaigns.queue,
    "pause": campaigns.pause,
    "resume": campaigns.resume,
    "cancel": campaigns.cancel,
}


@door.get("/")
@guards.signed_in("viewer")
def overview() -> str:
    """All campaigns, the newest first."""
    with house().store.reading() as tx:
        found = rows.everything(tx)
    progress = [campaigns.status(house(), one.public_id) for one in found[:50]]
    return render_template("studio/campaigns.html", progress=progress)


@door.post("/<public_id>/<event>")
@guards.signed_in("editor")
def move(public_id: str, event: str) -> Any:
    """Queue, pause, resume or cancel a campaign."""
    if event not in _MOVES:
        return render_template("sorry.html", title="There is nothing here", sentence="Please go back."), 404
    try:
        _MOVES[event](house(), public_id)
    except CampaignError as error:
        return render_template("sorry.html", title="That was not possible", sentence=str(error)), 409
    return go_to(url_for("campaigns.overview"), 303)
