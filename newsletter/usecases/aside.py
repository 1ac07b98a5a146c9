"""Messages in hand whose domain has a moment for them that has not come yet; see `mail.lanes`."""

from collections.abc import Callable
from heapq import heappop, heappush

from newsletter.domain.delivery import Claim
from newsletter.mail.lanes import Lanes
from newsletter.usecases.taking import Ready, Taken


class Aside:
    """Keeps them in the order of their moments, in monotonic seconds."""

    def __init__(self, lanes: Lanes | None) -> None:
        """Nobody waits."""
        self._lanes = lanes
        self._waiting: list[tuple[float, int, Ready]] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def sort(self, taken: Taken) -> list[Ready]:
        """Keep those of a batch that have a moment. Returns the others."""
        others = []
        for one in taken.ready:
            moment = taken.moments.get(one[0].id)
            if moment is None:
                others.append(one)
            else:
                heappush(self._waiting, (moment, one[0].id, one))
        return others

    def come(self, now: float) -> list[Ready]:
        """Those whose moment has come and who may begin, the first one first; they are kept no longer."""
        assert self._lanes is not None
        found, kept = [], []
        while self._waiting and self._waiting[0][0] <= now:
            one = heappop(self._waiting)
            if self._lanes.begin(one[2][0].address):
                found.append(one[2])
            else:
                kept.append(one)
        for one in kept:
            heappush(self._waiting, one)
        return found

    def is_overdue(self, now: float, seconds: float) -> bool:
        """Whether somebody's moment passed so long ago, since the wire asked for nobody."""
        return bool(self._waiting) and now - self._waiting[0][0] > seconds

    def claims(self) -> list[Claim]:
        """Who waits."""
        return [claim for _, _, (claim, _) in self._waiting]

    def send_away(self, whom: Callable[[Claim], bool] = lambda _: True) -> list[Claim]:
        """Keep some no longer, or all. Returns them."""
        gone = [one[2][0] for one in self._waiting if whom(one[2][0])]
        self._waiting = sorted(one for one in self._waiting if not whom(one[2][0]))
        return gone
