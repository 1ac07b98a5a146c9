"""The shape of every way out: hand over messages, get one answer for each."""

from collections.abc import Iterator
from typing import Protocol

from newsletter.domain.delivery import Outcome
from newsletter.domain.message import Outgoing


class RelayUnavailable(Exception):  # noqa: N818  (a state of the relay, not a defect)
    """The relay does not take our mail now; `reason` is a sentence for the owner, without secrets or addresses."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Transport(Protocol):
    """A way out. One `send` at a time; `close` when the house shuts."""

    def send(self, messages: Iterator[Outgoing]) -> Iterator[tuple[Outgoing, Outcome]]:
        """Send what `messages` yields and answer each one exactly once, in any order.

        Pulling a message records the intent to send it, so one is pulled only when an open connection is
        ready for it, and the answers not yet taken by the caller plus the messages on the wire never
        outnumber the connections. `next(messages)` may be called from several threads, one at a time.

        To stop early let `messages` end: what is in flight is still answered. Closing the generator
        finishes what is in flight too, but nobody hears those answers.

        Raises, always as the last word and after every answer: what `messages` itself raised, or
        RelayUnavailable when the relay could not be reached or will not have our mail, perhaps with
        messages left unpulled. A relay that is dead from the beginning costs no message.
        """
        ...

    def close(self) -> None:
        """Say goodbye on every idle connection. Not while a `send` is under way."""
        ...
