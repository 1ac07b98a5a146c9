"""The life of a campaign, as a table: one letter to everybody on a list."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CampaignState(StrEnum):
    """Where a campaign stands."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    PAUSED = "paused"
    SENT = "sent"
    CANCELLED = "cancelled"


class CampaignEvent(StrEnum):
    """What can be asked of a campaign."""

    QUEUE = "queue"
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    FINISH = "finish"


CAMPAIGN_LIFE: dict[tuple[CampaignState, CampaignEvent], CampaignState] = {
    (CampaignState.DRAFT, CampaignEvent.QUEUE): CampaignState.SCHEDULED,
    (CampaignState.SCHEDULED, CampaignEvent.START): CampaignState.SENDING,
    (CampaignState.SCHEDULED, CampaignEvent.CANCEL): CampaignState.CANCELLED,
    (CampaignState.SCHEDULED, CampaignEvent.PAUSE): CampaignState.PAUSED,
    (CampaignState.SENDING, CampaignEvent.PAUSE): CampaignState.PAUSED,
    (CampaignState.SENDING, CampaignEvent.CANCEL): CampaignState.CANCELLED,
    (CampaignState.SENDING, CampaignEvent.FINISH): CampaignState.SENT,
    (CampaignState.PAUSED, CampaignEvent.RESUME): CampaignState.SENDING,
    (CampaignState.PAUSED, CampaignEvent.CANCEL): CampaignState.CANCELLED,
    (CampaignState.DRAFT, CampaignEvent.CANCEL): CampaignState.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Campaign:
    """One letter to everybody confirmed on a list. Its text is frozen when queued."""

    id: int
    public_id: str
    list_id: int
    list_slug: str
    list_title: str
    subject: str
    body: str
    state: CampaignState
    reason: str | None
    recipients: int | None
    created_at: datetime
    scheduled_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None


def after(state: CampaignState, event: CampaignEvent, *, started: bool) -> CampaignState | None:
    """The state after an event, or None when the event does not apply.

    Resuming a campaign that was paused before it started puts it back on the calendar.
    """
    if (state, event, started) == (CampaignState.PAUSED, CampaignEvent.RESUME, False):
        return CampaignState.SCHEDULED
    return CAMPAIGN_LIFE.get((state, event))
