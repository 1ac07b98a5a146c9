"""What a use case may lean on: the store, the clock, the keys, the owner's letterhead, the way out."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from newsletter.content.compose import Composer
from newsletter.domain.message import Letterhead
from newsletter.domain.tokens import Keyring, Purpose
from newsletter.domain.warmup import Warmup
from newsletter.mail.lanes import Lanes
from newsletter.mail.pacing import KnownPace
from newsletter.mail.transport import Transport
from newsletter.store import owner_settings
from newsletter.store.engine import Store, Transaction
from newsletter.usecases.stationery import Stationery

ONE_A_DAY, OFF = "one_a_day", "off"
"""The owner's setting of at most one letter a day to a person; everything but "off" is on."""

ADDRESS = "address"
"""What an address is hashed for: to be looked up."""


class Clock(Protocol):
    """Two clocks: business time says when mail is due, machine time rules leases, backoff and limits."""

    def now(self) -> datetime:
        """Business time, aware, UTC."""
        ...

    def machine(self) -> datetime:
        """Machine time, aware, UTC."""
        ...


def _nobody_there() -> None:
    """There is no relay to knock at."""


@dataclass(frozen=True, slots=True)
class WayOut:
    """How mail leaves, as the environment says: shown, and tried, on the way to going live."""

    relay: str = ""
    """host:port; empty while mail stays in the development inbox."""
    knock: Callable[[], None] = _nobody_there
    """Connects, turns on TLS, logs in and leaves again, with nothing sent. Raises RelayUnavailable."""
    dkim_domain: str = ""
    dkim_selector: str = ""
    dkim_record: str = ""
    """What has to stand in DNS for our signature; empty when we sign nothing."""
    dkim_second_selector: str = ""
    dkim_second_record: str = ""
    """The same of the second key, when there are two."""


@dataclass(frozen=True, slots=True)
class House:
    """Everything put together, made once in app.py.

    `letterhead` and `composer` are those of the moment at which this house was asked for, see `current`.
    """

    store: Store
    clock: Clock
    keyring: Keyring
    letterhead: Letterhead
    composer: Composer
    open_transport: Callable[[], Transport]
    seal: Callable[[bytes], bytes]
    """Signs one message."""
    begins: Mapping[str, str]
    """Which course begins when somebody confirms a list: list slug to course slug."""
    mail_leaves: bool
    signups_per_hour: int
    journals: Path
    """The folder in which senders note what was accepted."""
    generations: Path | None = None
    """The file that says how far databases have come, kept beside the keys and not with them; None: not kept."""
    headers: tuple[tuple[str, str], ...] = ()
    stationery: Stationery | None = None
    """What letterheads are printed from; None: this house has one letterhead for good."""
    sign_later: Callable[[Sequence[bytes]], Future[list[bytes]]] | None = None
    """Signs messages in another thread, in their order; None: nothing is signed."""
    way_out: WayOut = WayOut()
    pace: KnownPace | None = None
    """The pace at which the way out sends, kept in the database from time to time: a restart goes on with it."""
    lanes: Lanes | None = None
    """The rates of receiving domains; None: no domain has one."""
    warmup: Warmup | None = None
    """How a new sender's mail grows from day to day; None: nothing is limited."""
    look_at_clock: Callable[[Transaction], None] = lambda _tx: None
    """Lets the clock see how far trials have walked business time."""
    forget_captured: Callable[[str], int] = lambda _address: 0
    """Deletes the mails of the development inbox that name an address. Returns how many there were."""

    one_a_day: bool = True
    """Whether somebody gets at most one letter a day, so that a campaign waits where a lesson comes."""

    def current(self) -> "House":
        """This house with today's letterhead and clock: small questions, asked for each request, job and batch.

        So what the owner saves holds in every process at once, and within one of these it stays the same.
        """
        if self.stationery is None:
            return self
        with self.store.reading() as tx:
            self.look_at_clock(tx)
            said = owner_settings.values(tx)
        letterhead, one_a_day = self.stationery.letterhead(said), said.get(ONE_A_DAY) != OFF
        if letterhead == self.letterhead and one_a_day == self.one_a_day:
            return self
        composer = self.stationery.composer(letterhead)
        return replace(self, letterhead=letterhead, composer=composer, one_a_day=one_a_day)

    @property
    def has_inbox(self) -> bool:
        """Whether mail stays in the development inbox."""
        return not self.mail_leaves and not self.way_out.relay

    @property
    def neighbour(self) -> str:
        """The mail server on this machine that takes our mail, as host:port, empty when there is none.

        A trap of a test it may be, or one that carries mail into the world: only its owner knows.
        """
        return "" if self.mail_leaves else self.way_out.relay

    def link(self, path: str, purpose: Purpose, public_id: str) -> str:
        """An absolute link that carries a token, e.g. `link("confirm", …)`."""
        return f"{self.letterhead.base_url}/{path}/{self.keyring.token(purpose, public_id)}"

    def address_keys(self, comparable: str) -> list[str]:
        """The keyed digests of an address, the newest key's first."""
        return self.keyring.digests(ADDRESS, comparable)
