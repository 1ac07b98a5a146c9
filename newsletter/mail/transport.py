"""The shape of every way out: hand over messages, get one answer for each."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from newsletter.domain.delivery import Outcome
from newsletter.domain.message import Outgoing


class RelayUnavailable(Exception):  # noqa: N818  (a state of the relay, not a defect)
    """The relay does not take our mail now; `reason` is a sentence for the owner, without secrets or addresses."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


LATER: Sequence[Outgoing] = type("Later", (tuple,), {})()
"""No message just now, but some are waiting for their moment: ask again. Who does not know it takes it for the end."""


class Supply(Protocol):
    """Where a way out gets its messages."""

    def __call__(self, most: int) -> Sequence[Outgoing]:
        """Up to `most` messages whose intent to send is recorded by this call; empty: there are no more.

        `LATER` is empty too, but not the end: it is asked again some hundredths of a second later.
        It may take some milliseconds, for it asks the ledger; it is called in the thread that iterates.
        """
        ...


class Transport(Protocol):
    """A way out. One `send` at a time; `close` when the house shuts."""

    def send(self, supply: Supply) -> Iterator[list[tuple[Outgoing, Outcome]]]:
        """Send what `supply` gives and answer each message exactly once, in any order.

        Answers are handed over in lists, as they come: what one turn of the loop has read is handed over before
        anything more is written or pulled, so that the caller can record it first. While nothing happens an empty
        list comes at least every 0.2 seconds.

        Pulling a message records the intent to send it, so one is pulled only when a connection is ready to begin
        with it at once, and those pulled and not yet answered never outnumber two a connection: one whose body is
        under way, and one announced behind it.

        To stop early let `supply` give nothing: what is in flight is still answered. Closing the generator
        finishes what is in flight too, but nobody hears those answers.

        Raises, always as the last word and after every answer: what `supply` itself raised, or
        RelayUnavailable when the relay could not be reached or will not have our mail, perhaps with
        messages left unpulled. A relay that is dead from the beginning costs no message.
        """
        ...

    def close(self) -> None:
        """Say goodbye on every idle connection. Not while a `send` is under way."""
        ...
