"""A campaign that stops itself when too many of its readers' servers refuse it, and says why."""

from collections.abc import Mapping

from newsletter.domain import refusals
from newsletter.domain.campaign import Campaign, CampaignState
from newsletter.store import campaigns, progress
from newsletter.store.engine import Transaction
from newsletter.usecases import notices
from newsletter.usecases.house import House
from newsletter.usecases.today import reasons

_WORDS = 120
"""Characters of a server's answer that stand in the reason."""


def weigh(house: House, tx: Transaction, refused: Mapping[int, int]) -> None:
    """Note how many emails of which campaign were just refused for good, and pause those that had too many."""
    for number, many in sorted(refused.items()):  # in order: two senders must not wait for each other
        standing = campaigns.count_refused(tx, number, many)
        if standing is None or standing.refused < standing.look_at:
            continue
        answered = progress.sent(tx, number) - standing.sent_before + standing.refused
        if refusals.are_too_many(standing.refused, answered):
            _pause(house, tx, number, standing, answered)
        else:
            campaigns.look_again(tx, number, refusals.look_again_at(standing.refused, answered))


def _pause(house: House, tx: Transaction, number: int, standing: campaigns.Refused, answered: int) -> None:
    one = campaigns.by_id(tx, number)
    assert one is not None
    values = {"before": CampaignState.SENDING, "after": CampaignState.PAUSED}
    reason = _reason(tx, one, standing, answered)
    if campaigns.move(tx, number, **values, reason=reason):
        notices.campaign_paused_itself(house, tx, one, reason)


def _reason(tx: Transaction, one: Campaign, standing: campaigns.Refused, answered: int) -> str:
    found = progress.refusals(tx, one.id)
    is_resumed = standing.sent_before or sum(each.many for each in found) > standing.refused
    answered_since = f"{answered:,} emails since it went on" if is_resumed else f"first {answered:,} emails"
    said = reasons(found)
    words = f", most often with “{_short(said[0].words)}”" if said else ""
    number = f"{standing.refused:,} of the {answered_since}"
    return f"{number} were refused for good{words}: see who, then resume or cancel it."


def _short(words: str) -> str:
    return words if len(words) <= _WORDS else f"{words[: _WORDS - 1].rstrip()}…"
