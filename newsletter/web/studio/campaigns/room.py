"""What the parts of the room share: its door, finding a campaign, and how a state and an hour are said."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, render_template

from newsletter.domain.campaign import Campaign, CampaignState
from newsletter.store import campaigns
from newsletter.store.engine import Transaction
from newsletter.web.guards import ROLES, house, visitor

door = Blueprint("campaigns", __name__, url_prefix="/admin/campaigns")

MARKS = {
    "sending": "good",
    "sent": "good",
    "paused": "warning",
    "deferred": "warning",
    "uncertain": "warning",
    "failed": "error",
    "expired": "error",
}
"""The mark beside the word of a state, of a campaign or of one email; the others have the plain one."""


def find(tx: Transaction, public_id: str) -> Campaign:
    """The campaign of a page; one that is none gets the page that says so."""
    found = campaigns.by_public_id(tx, public_id)
    if found is None:
        abort(404)
    return found


def is_draft(one: Campaign) -> bool:
    """Whether its words can still change."""
    return one.state is CampaignState.DRAFT


def may_edit() -> bool:
    """Whether the visitor may change texts and campaigns."""
    who = visitor()
    return who is not None and ROLES.index(who.role) >= ROLES.index("editor")


def owners_zone() -> str:
    """The zone in which the studio says every hour."""
    return house().letterhead.timezone


def wall(moment: datetime | None) -> str:
    """An instant on the owner's wall, short: "24 Nov 2026, 10:00"."""
    if moment is None:
        return ""
    local = moment.astimezone(ZoneInfo(owners_zone()))
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year}, {local:%H:%M}"


def page(template: str, **shown: Any) -> str:
    """A page of this room."""
    return render_template(
        f"studio/{template}", marks=MARKS, may_edit=may_edit(), zone=owners_zone(), wall=wall, **shown
    )


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
