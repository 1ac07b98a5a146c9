"""What lies between the ledger and the wire: messages ready to go, those on their way, answers not yet settled."""

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType

from newsletter.domain.delivery import LEASE, Claim, Deferred, Failed, Kind, Outcome, Sent, Uncertain
from newsletter.domain.message import Outgoing
from newsletter.mail.transport import LATER
from newsletter.store import leases
from newsletter.store.engine import StoreError
from newsletter.store.journal import Journal
from newsletter.store.lookout import Lookout
from newsletter.usecases import remembered_pace, settling, taking
from newsletter.usecases.aside import Aside
from newsletter.usecases.house import House
from newsletter.usecases.press import Press
from newsletter.usecases.settling import Answer
from newsletter.usecases.stack import Stack
from newsletter.usecases.taking import Taken

log = logging.getLogger(__name__)

LOOK_AHEAD = 0.25
"""Seconds of work taken from the ledger at once, at most; so who leaves gets nothing a second later (F20)."""

GLANCE_EVERY = 0.05
"""Seconds between looks whether a campaign was paused (F22), when no word came of it."""

GLANCES = 4
"""Where word comes late: a wire on which a message takes so many times as long as a look has one for each."""

MOST = 500
"""Deliveries taken, and answers settled, in one transaction."""

SETTLE_AFTER = 0.1
"""Seconds for which an answer may wait to be settled together with others."""

STALE_AFTER = 0.4
"""Seconds after which what was taken and did not begin goes back: she may have left meanwhile (F20). What is taken
ahead may wait as long before it lies ready, and as long again; that is less than the second of the promise."""

ASK_EVERY = 0.2
"""Seconds between questions to the ledger while all that is due waits for the turn of its domain."""

GIVE_UP_AFTER = 3
"""So many of these found nothing: the round ends, and the next one comes within a second."""

RENEW_EVERY = 15.0
"""Seconds between renewals of the leases of a living sender; a lease lasts 60."""


@dataclass(slots=True)
class Tally:
    """What one round of sending came to."""

    sent: int = 0
    deferred: int = 0
    failed: int = 0
    uncertain: int = 0
    skipped: int = 0
    relay_down: str = ""


class Outbox:
    """One round of sending. The thread that enters it calls everything; leaving it settles all that is left.

    Trouble with the ledger ends the supply and is raised on leaving, when the last answer has been noted.
    """

    def __init__(
        self, house: House, holder: str, stop: Callable[[], bool], tally: Tally, *, alone: bool = False
    ) -> None:
        """`holder` names this sender in its leases; nothing new is begun once `stop()` says so.

        `alone` sends the one delivery that may be the reason why senders ended (see `store.leases`).
        """
        self.tally = tally
        self._alone = alone
        self._house = house.current()
        self._press = Press(self._house)
        self._holder = holder
        self._stop = stop
        self._stack = Stack(self._house, self._press)
        self._aside = Aside(self._house.lanes)
        self._ask_at = 0.0
        self._in_vain = 0
        self._coming: Future[Taken] | None = None
        self._took_at = 0.0  # when the newest batch was taken; the ledger's thread writes it
        self._on_the_wire: dict[int, Claim] = {}
        self._begun = 0
        self._answered: list[Answer] = []
        self._settling: deque[Future[None]] = deque()
        self._trouble: BaseException | None = None
        self._batch = 1
        self._unseen = False  # a batch came that was taken before the last look, perhaps
        self._asked_at = self._glanced_at = 0.0
        self._glance_takes = GLANCE_EVERY
        self._taken_at = self._settled_at = self._renewed_at = time.monotonic()

    def __enter__(self) -> "Outbox":
        try:
            self._journal = Journal(self._house.journals, self._holder)
        except OSError as error:
            raise StoreError(
                f"The sender's journal cannot be kept ({(error.strerror or 'error').lower()}), so nothing is sent. "
                "Check that the data folder is writable and the disk has room."
            ) from error
        try:
            self._lookout = Lookout(self._house.store).__enter__()
        except StoreError:
            self._journal.close()
            raise
        self._ledger = ThreadPoolExecutor(1, thread_name_prefix="ledger")
        return self

    def supply(self, most: int) -> Sequence[Outgoing]:
        """Up to `most` messages that may begin at once (transport.Supply); empty at the end of the round."""
        if self._stop() or self._trouble or (self._alone and self._begun):
            return ()
        messages: list[Outgoing] = []
        try:
            while not messages or (len(messages) < most and self._next_is_here()):
                if self._aside:
                    self._stack.put_first(self._aside.come(time.monotonic()))
                if not self._stack and time.monotonic() >= self._ask_at:
                    self._fetch(most)
                if not self._stack:
                    return messages or self._nothing_now()
                self._glance()
                messages += self._compose(most - len(messages))
        except Exception as trouble:
            self._trouble = trouble
        return messages

    def _next_is_here(self) -> bool:
        """Whether the next batch can go on where one has ended: a connection left empty waits for a round trip."""
        return not self._stack and not self._alone and self._coming is not None and self._coming.done()

    def note(self, answers: Sequence[tuple[Outgoing, Outcome]]) -> None:
        """Take answers in: acceptances are safe from now on, the ledger learns of all soon. Does what else is due."""
        if answers:
            self._journal.note([(out.delivery, out.attempt) for out, said in answers if isinstance(said, Sent)])
            for out, said in answers:
                self._answered.append((self._on_the_wire.pop(out.delivery), said))
        if self._trouble:
            return
        try:
            self._do_chores()
        except Exception as trouble:
            self._trouble = trouble

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        try:
            if kind is None or issubclass(kind, Exception):
                self._finish()
        finally:
            self._ledger.shutdown()
            self._journal.close()
            self._lookout.__exit__(None, None, None)
        if self._trouble and error is None:
            raise self._trouble

    def _nothing_now(self) -> Sequence[Outgoing]:
        """The end of the round, unless somebody waits for the turn of a domain."""
        lanes = self._house.lanes
        if self._aside or (lanes is not None and lanes.has_put_off and self._in_vain < GIVE_UP_AFTER):
            return LATER
        return ()

    def _compose(self, many: int) -> list[Outgoing]:
        messages = []
        for claim, message in self._stack.take(many):
            if isinstance(message, Exception):
                self.tally.failed += 1
                self._settling.append(self._ledger.submit(taking.spoil, self._house, claim, message))
            else:
                self._on_the_wire[claim.id] = claim
                messages.append(message)
        self._begun += len(messages)
        return messages

    def _glance(self) -> None:
        """Give back what belongs to a campaign that was paused or cancelled since it was taken."""
        began = time.monotonic()
        asked, self._asked_at = self._asked_at, began
        if not (self._lookout.anything_new() or self._unseen):
            is_slow = began - asked > GLANCES * self._glance_takes
            if self._lookout.misses_nothing or not (is_slow or began - self._glanced_at > GLANCE_EVERY):
                return
        if resting := self._campaigns_at_hand() - self._lookout.campaigns_being_sent():
            stopped = self._stack.send_away(lambda claim: _is_of(claim, resting))
            stopped += self._aside.send_away(lambda claim: _is_of(claim, resting))
            taking.hand_back(self._house, stopped)
        self._unseen = False
        self._glanced_at = self._asked_at = time.monotonic()
        self._glance_takes = min(self._glance_takes, self._glanced_at - began)  # one that was disturbed tells nothing

    def _campaigns_at_hand(self) -> set[int | None]:
        claims = self._stack.claims() + self._aside.claims()
        return {claim.campaign_id for claim in claims if claim.kind is Kind.CAMPAIGN}

    def _fetch(self, most: int) -> None:
        """Get what was taken ahead, or take now; while the wire is quick have the next batch taken meanwhile."""
        asked = time.monotonic()
        self._let_stale_ones_go(asked)
        coming = self._coming or self._ledger.submit(self._take, max(most, self._batch))
        taken = coming.result()
        self._coming = None
        now = time.monotonic()
        if self._begun:  # the first batch tells nothing
            self._resize(now - asked, asked - self._taken_at)
        if self._house.lanes is None:
            self._stack.put(taken.ready)
        else:
            self._put_in_order(taken, now)
        self._taken_at, self._unseen = now, True
        if taken.ready and self._batch > most:
            self._coming = self._ledger.submit(self._take, self._batch)

    def _put_in_order(self, taken: Taken, now: float) -> None:
        """Put aside who waits for a moment; when nothing may begin at once, say when to ask the ledger again."""
        self._stack.put(self._aside.sort(taken))
        found = bool(taken.ready or taken.put_off)
        self._in_vain = 0 if found else self._in_vain + 1
        if not self._stack and taken.is_all:
            self._ask_at = now + ASK_EVERY

    def _resize(self, waited: float, lasted: float) -> None:
        """Larger batches when the wire waited for the ledger, or one is soon over; smaller when one lasted too long.

        On a long road the end of a batch costs the connections that it leaves empty a round trip each.
        """
        if lasted > LOOK_AHEAD:
            self._batch = max(1, self._batch // 2)
        elif waited > lasted / 4 or lasted < LOOK_AHEAD / 5:
            self._batch = min((8 if waited > lasted else 2) * self._batch, MOST)

    def _take(self, limit: int) -> Taken:
        taken = taking.take(self._house, self._press, self._holder, limit, alone=self._alone)
        self.tally.skipped += taken.skipped
        self._took_at = time.monotonic()
        return taken

    def _do_chores(self) -> None:
        now = time.monotonic()
        while self._settling and self._settling[0].done():
            self._settling.popleft().result()
        if not self._lookout.misses_nothing and now - self._glanced_at > GLANCE_EVERY:
            self._glance()  # whoever pauses waits to be heard, also while there is nothing to begin
        if self._answered and (len(self._answered) >= MOST or now - self._settled_at > SETTLE_AFTER):
            self._settle_answered()
            self._settled_at = now
        if self._stack and now - self._taken_at > STALE_AFTER:
            self._hand_back()
        self._let_stale_ones_go(now)
        if self._aside.is_overdue(now, STALE_AFTER):
            taking.hand_back(self._house, self._aside.send_away())
        if now - self._renewed_at > RENEW_EVERY:
            self._renewed_at = now
            self._settling.append(self._ledger.submit(self._renew))

    def _settle_answered(self) -> None:
        while not self._journal.may_turn:  # not everything that the ledger has before it frees a page
            self._settling.popleft().result()
        answers, self._answered = self._answered, []
        self._settling.append(self._ledger.submit(self._settle, answers, self._journal.turn()))

    def _settle(self, answers: list[Answer], page: int) -> None:
        settling.settle(self._house, answers)
        self._journal.clear(page)
        for _, outcome in answers:
            self._count(outcome)
        if (today := self._house.current()) is not self._house:  # the owner has changed the letterhead
            self._house, self._press = today, Press(today)
            self._stack.use(self._house, self._press)

    def _count(self, outcome: Outcome) -> None:
        match outcome:
            case Sent():
                self.tally.sent += 1
            case Deferred():
                self.tally.deferred += 1
            case Uncertain():
                self.tally.uncertain += 1
            case Failed():
                self.tally.failed += 1

    def _hand_back_unbegun(self, coming: Future[Taken]) -> None:
        self._coming = None
        taking.hand_back(self._house, [claim for claim, _ in coming.result().ready])

    def _let_stale_ones_go(self, now: float) -> None:
        """Give back what was taken ahead so long ago that it must not begin any more."""
        if self._coming and self._coming.done() and now - self._took_at > STALE_AFTER:
            self._hand_back_unbegun(self._coming)

    def _hand_back(self) -> None:
        if self._stack:
            taking.hand_back(self._house, self._stack.send_away())

    def _renew(self) -> None:
        with self._house.store.transaction() as tx:
            leases.renew(tx, self._holder, self._house.clock.machine() + LEASE)
        remembered_pace.keep(self._house)

    def _finish(self) -> None:
        """Settle what was answered, and give back what never began."""
        try:
            if self._coming:
                self._hand_back_unbegun(self._coming)
            self._hand_back()
            if self._aside:
                taking.hand_back(self._house, self._aside.send_away())
            while self._settling:
                self._settling.popleft().result()
            if self._answered:
                self._settle_answered()
                self._settling.popleft().result()
        except Exception as trouble:
            self._trouble = self._trouble or trouble


def _is_of(claim: Claim, campaigns: set[int | None]) -> bool:
    """Whether a delivery is one of these campaigns' own; a test of one is none."""
    return claim.kind is Kind.CAMPAIGN and claim.campaign_id in campaigns
