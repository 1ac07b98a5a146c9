"""What a use case may lean on: the store, the clock, the keys, the owner's letterhead, the way out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from newsletter.content.compose import Composer
from newsletter.domain.message import Letterhead
from newsletter.domain.tokens import Keyring, Purpose
from newsletter.mail.transport import Transport
from newsletter.store.engine import Store

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


@dataclass(frozen=True, slots=True)
class House:
    """Everything put together, made once in app.py."""

    store: Store
    clock: Clock
    keyring: Keyring
    letterhead: Letterhead
    composer: Composer
    open_transport: Callable[[], Transport]
    seal: Callable[[bytes], bytes]
    begins: Mapping[str, str]
    """Which course begins when somebody confirms a list: list slug to course slug."""
    mail_leaves: bool
    signups_per_hour: int
    headers: tuple[tuple[str, str], ...] = ()

    def link(self, path: str, purpose: Purpose, public_id: str) -> str:
        """An absolute link that carries a token, e.g. `link("confirm", …)`."""
        return f"{self.letterhead.base_url}/{path}/{self.keyring.token(purpose, public_id)}"

    def address_keys(self, comparable: str) -> list[str]:
        """The keyed digests of an address, the newest key's first."""
        return self.keyring.digests(ADDRESS, comparable)
