"""The stack of letters in hand: to be written, or written and being signed, and not yet on the wire.

A letter is written when its turn comes. Where letters are signed, which takes ten times as long, some are written ahead
and signed in other threads, while the wire is busy with those before them.
"""

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future

from newsletter.domain.delivery import Claim
from newsletter.domain.message import Outgoing
from newsletter.usecases import taking
from newsletter.usecases.house import House
from newsletter.usecases.press import Press
from newsletter.usecases.taking import Printed, Ready

SIGNED_AHEAD = 96
"""Letters written ahead where they are signed: some hundredths of a second of work for the signing threads."""

SIGNED_AT_ONCE = 16
"""Letters that one thread signs in one go."""


class Stack:
    """First in, first out. Not thread-safe; signing goes on in threads of its own."""

    def __init__(self, house: House, press: Press) -> None:
        """Empty; letters are written under the letterhead of `house`."""
        self._house = house
        self._press = press
        self._unwritten: deque[Ready] = deque()
        self._at_signing: deque[tuple[list[Printed], Future[list[bytes]]]] = deque()
        self._signed: deque[Printed] = deque()

    def __bool__(self) -> bool:
        return bool(self._unwritten or self._signed or self._at_signing)

    def use(self, house: House, press: Press) -> None:
        """From now on write with this letterhead."""
        self._house, self._press = house, press

    def put(self, ready: Iterable[Ready]) -> None:
        """Lay some behind all others."""
        self._unwritten.extend(ready)

    def put_first(self, ready: Iterable[Ready]) -> None:
        """Lay some before those that are not written yet."""
        self._unwritten.extendleft(reversed(list(ready)))

    def claims(self) -> list[Claim]:
        """All that are here, in their order."""
        written = list(self._signed) + [one for some, _ in self._at_signing for one in some]
        return [claim for claim, _ in written] + [claim for claim, _ in self._unwritten]

    def send_away(self, whom: Callable[[Claim], bool] = lambda _: True) -> list[Claim]:
        """Keep some no longer, or all. Returns them."""
        gone = [claim for claim in self.claims() if whom(claim)]
        if gone:
            self._unwritten = deque(one for one in self._unwritten if not whom(one[0]))
            while self._at_signing:
                self._signed.extend(self._next_signed())
            self._signed = deque(one for one in self._signed if not whom(one[0]))
        return gone

    def take(self, most: int) -> list[Printed]:
        """Up to `most` letters ready for the wire, in their order, or why one of them cannot be written.

        None only when none are here. Waits for a signature when none is ready.
        """
        if self._house.sign_later is None:
            some = [self._unwritten.popleft() for _ in range(min(most, len(self._unwritten)))]
            return taking.compose(self._house, self._press, some)
        self._write_ahead(self._house.sign_later)
        while self._at_signing and (not self._signed or self._at_signing[0][1].done()):
            self._signed.extend(self._next_signed())
        return [self._signed.popleft() for _ in range(min(most, len(self._signed)))]

    def _write_ahead(self, sign_later: Callable[[list[bytes]], Future[list[bytes]]]) -> None:
        room = SIGNED_AHEAD - len(self._signed) - sum(len(some) for some, _ in self._at_signing)
        while room > 0 and self._unwritten:
            some = [self._unwritten.popleft() for _ in range(min(SIGNED_AT_ONCE, room, len(self._unwritten)))]
            written = taking.compose(self._house, self._press, some)
            self._at_signing.append(
                (written, sign_later([out.data for _, out in written if isinstance(out, Outgoing)]))
            )
            room -= len(some)

    def _next_signed(self) -> list[Printed]:
        written, signing = self._at_signing.popleft()
        try:
            signed = iter(signing.result())
        except ValueError:  # one of them is no message: which one?
            return [(claim, self._sign_alone(out)) for claim, out in written]
        return [
            (claim, out._replace(data=next(signed)) if isinstance(out, Outgoing) else out) for claim, out in written
        ]

    def _sign_alone(self, out: Outgoing | Exception) -> Outgoing | Exception:
        try:
            return out._replace(data=self._house.seal(out.data)) if isinstance(out, Outgoing) else out
        except ValueError as poison:
            return poison
