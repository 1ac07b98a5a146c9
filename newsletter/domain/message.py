"""What travels between the rooms on the way out: who reads, what was written, what goes on the wire."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from newsletter.domain.colour import OURS, Accent


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A display name and an address, as in a From header (RFC 5322 section 3.4)."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What the owner has said of the practice; the same in every letter."""

    base_url: str
    sender: Mailbox
    reply_to: Mailbox | None = None
    postal_address: str = ""
    call_to_action: str = ""
    call_to_action_url: str = ""
    timezone: str = "UTC"
    reads_returns: bool = False
    care_line: str = ""
    """The owner's own words for where help is; empty: ours, by the reader's zone."""
    telling_words: str = ""
    """The owner's own words that a subject should not hold, parted by commas; beside ours."""
    name: str = ""
    """What the practice is called; see `known_as`."""
    accent: Accent = OURS

    @property
    def known_as(self) -> str:
        """What pages and the foot of a letter call the practice: its name, or else the sender's."""
        return self.name or self.sender.name


@dataclass(frozen=True, slots=True)
class Links:
    """The absolute links of one email; empty where the email has no such link."""

    confirm: str = ""
    unsubscribe: str = ""
    preferences: str = ""
    view: str = ""
    reflect: str = ""
    """The page on which a reader of a lesson writes for herself."""
    answer: str = ""
    """The page on which she answers a lesson's question with yes or no."""


@dataclass(frozen=True, slots=True)
class Reader:
    """The person a letter is written to, as far as a letter may know her."""

    name: str
    timezone: str
    links: Links
    came: str = ""
    """How she came, as the end of "You get this letter because"; empty: she signed up for the list."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What the owner is told of the house: paragraphs, and the one next step with its path in the studio."""

    title: str
    story: tuple[str, ...]
    step: str
    path: str


@dataclass(frozen=True, slots=True)
class Written:
    """A composed email before it becomes bytes."""

    subject: str
    preheader: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Headers:
    """What goes above the body. `list_id` is empty for mail that belongs to no list."""

    sender: Mailbox
    to: Mailbox
    date: datetime
    message_id: str
    reply_to: Mailbox | None = None
    list_id: str = ""
    list_unsubscribe: tuple[str, ...] = ()
    one_click: bool = False
    auto_submitted: bool = False
    feedback_id: str = ""
    extra: tuple[tuple[str, str], ...] = field(default=())


class Tidy(bytes):
    """A message known to be as the wire and DKIM want it, so that neither has to look through it again.

    CRLF alone ends its lines, the last one too; none begins with a dot (RFC 5321 section 4.5.2); no byte is above 127
    (RFC 6152); and relaxed canonicalisation (RFC 6376 section 3.4.4) finds nothing in its body to narrow or to cut.
    """

    __slots__ = ()


class Outgoing(NamedTuple):
    """One message for the wire. `delivery` and `attempt` name the claim that its answer settles."""

    delivery: int
    attempt: int
    envelope_from: str
    envelope_to: str
    data: bytes
