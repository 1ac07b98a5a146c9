"""The life of a campaign, as a table: one letter to everybody on a list."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from newsletter.domain.etiquette import LET_GO, TOO_OLD


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
    etiquette: str = "anyway"
    """Of its list, as it is now, beside a course (`domain.etiquette`); `wait_days` is for how long it waits at most."""
    wait_days: int = 120


def digest(one: Campaign) -> str:
    """What of a draft can be rewritten, in 16 characters: who saves or queues says which version was seen."""
    return sha256("\0".join((one.list_slug, one.subject, one.body)).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Audience:
    """Who of a list would get a campaign that starts now, and who would not, in numbers of people.

    Each person counts once, under the first reason that holds; `held` waits for the owner's word.
    """

    gets: int = 0
    pending: int = 0
    left: int = 0
    suppressed: int = 0
    held: int = 0
    paused: int = 0

    @property
    def left_out(self) -> int:
        """Everybody on the list who would not get it."""
        return self.pending + self.left + self.suppressed + self.held + self.paused


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of a campaign's emails, in numbers of emails; all of them together are its recipients."""

    queued: int = 0
    sent: int = 0
    deferred: int = 0
    uncertain: int = 0
    failed: int = 0
    skipped: int = 0

    @property
    def waiting(self) -> int:
        """Emails that may still go out."""
        return self.queued + self.deferred + self.uncertain

    @property
    def emails(self) -> int:
        """All of them; with those of readers who were erased since, the campaign's recipients."""
        return self.sent + self.waiting + self.failed + self.skipped


WHY_SKIPPED: dict[str, str] = {
    "left": "left the list",
    "paused": "asked for a pause",
    "suppressed": "can get no mail",
    "cancelled": "not sent when it was cancelled",
    TOO_OLD: "in a course for longer than it waits",
    LET_GO: "let go by you while in a course",
}
"""What the ledger's reasons mean, said of readers."""


@dataclass(frozen=True, slots=True)
class Account:
    """What explains a campaign's numbers, in numbers of readers.

    `together` of the sent ones came in one mail with other campaigns; `skipped` says why, by the ledger's reasons;
    `erased` are in no other number any more.
    """

    together: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    erased: int = 0

    @property
    def reasons(self) -> str:
        """Why some were skipped: "12 left the list, 3 asked for a pause"; the most frequent reason first."""
        sorted_by = sorted(self.skipped.items(), key=lambda one: (-one[1], one[0]))
        return ", ".join(f"{many:,} {WHY_SKIPPED.get(why, why)}".rstrip() for why, many in sorted_by)


@dataclass(frozen=True, slots=True)
class Pace:
    """How quickly a campaign goes: emails a minute just now, and the machine time it ends at this speed."""

    per_minute: float = 0.0
    ends_at: datetime | None = None


PACE_WINDOW = timedelta(minutes=5)
"""What "just now" means for the speed of a campaign."""


def pace(sent: int, since: datetime | None, machine: datetime, waiting: int) -> Pace:
    """The speed of `sent` emails since an instant (machine time), and when `waiting` more are done at it."""
    if not sent or since is None:
        return Pace()
    per_minute = sent / max((machine - since) / timedelta(minutes=1), 1 / 60)
    return Pace(per_minute, machine + timedelta(minutes=waiting / per_minute) if waiting else None)


def after(state: CampaignState, event: CampaignEvent, *, started: bool) -> CampaignState | None:
    """The state after an event, or None when the event does not apply.

    Resuming a campaign that was paused before it started puts it back on the calendar.
    """
    if (state, event, started) == (CampaignState.PAUSED, CampaignEvent.RESUME, False):
        return CampaignState.SCHEDULED
    return CAMPAIGN_LIFE.get((state, event))
