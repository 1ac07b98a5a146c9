"""What the parts of the room share: its door, and finding a campaign."""

from typing import Any

from flask import Blueprint, abort

from newsletter.domain.campaign import Campaign, CampaignState
from newsletter.store import campaigns
from newsletter.store.engine import Transaction
from newsletter.web.guards import house
from newsletter.web.studio import saying

door = Blueprint("campaigns", __name__, url_prefix="/admin/campaigns")


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
    return saying.may("editor")


def owners_zone() -> str:
    """The zone in which the studio says every hour."""
    return house().letterhead.timezone


def page(template: str, **shown: Any) -> str:
    """A page of this room."""
    return saying.page(template, may_edit=may_edit(), **shown)
