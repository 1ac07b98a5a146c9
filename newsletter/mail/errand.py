"""One call of send(): pull messages when connections are ready for them, and hand over the answers as they come."""

from collections.abc import Iterator

from newsletter.domain.delivery import Blame, Deferred, Outcome
from newsletter.domain.message import Outgoing
from newsletter.mail.exchange import Clock, Exchange
from newsletter.mail.pacing import Pacer
from newsletter.mail.replies import Sense, Verdict
from newsletter.mail.standing import Standing
from newsletter.mail.transport import LATER, RelayUnavailable, Supply

SIGN_OF_LIFE = 0.2
"""Seconds after which the caller hears from us even when nothing happens."""

CALLING_PAUSE = 30.0
"""Seconds without new connections after one could not be opened: the relay may limit how many we hold."""

ASK_AGAIN = 0.02
"""Seconds after which a supply is asked again that said LATER."""

Answered = list[tuple[Outgoing, Outcome]]


class Errand:
    """Each turn of the loop: listen, hand over what came, pull for those that are ready, speak."""

    def __init__(
        self, supply: Supply, exchange: Exchange, most: int, pacer: Pacer, standing: Standing, name: str, clock: Clock
    ) -> None:
        """`most` connections at once; `name` is the relay's."""
        self._supply = supply
        self._exchange = exchange
        self._most = most
        self._pacer = pacer
        self._standing = standing
        self._name = name
        self._clock = clock
        self._pulled = 0
        self.in_flight = 0
        """Messages pulled and not yet answered."""
        self._drained = False
        self._stopped = False
        self._reason = ""
        self._fault: BaseException | None = None
        self._call_at = 0.0
        self._ask_at = 0.0
        self._refused: Answered = []

    def run(self) -> Iterator[Answered]:
        """Everything until the last answer; then raises what went wrong, if anything did."""
        self._exchange.wake()
        spoke = self._clock()
        while True:
            answers = self._take_answers()
            if answers or self._clock() - spoke >= SIGN_OF_LIFE:
                yield answers
                spoke = self._clock()
            if self._over():
                break
            self._exchange.hear_the_ready()
            self._pull()
            self._exchange.speak()
            self._exchange.listen(self._how_long())
        self._raise_what_went_wrong()

    def finish(self) -> None:
        """Pull nothing more, and hear out what is in flight."""
        self._stopped = True
        while not self._over():
            self._exchange.hear_the_ready()
            self._exchange.speak()
            self._exchange.listen(self._how_long())
            self._take_answers()

    def _over(self) -> bool:
        return (self._drained or self._stopped) and not self.in_flight

    def _how_long(self) -> float:
        """Seconds that may pass in listening."""
        exchange = self._exchange
        if exchange.answers or self._refused or self._over() or (self._stopped and exchange.left_over):
            return 0.0
        may_begin = exchange.ready and (exchange.left_over or not (self._drained or self._stopped))
        if not may_begin:
            return SIGN_OF_LIFE / 2
        now = self._clock()
        return min(max(self._pacer.wait(now), 0.0 if exchange.left_over else self._ask_at - now), SIGN_OF_LIFE / 2)

    def _pull(self) -> None:
        """Begin as many messages as may begin now."""
        exchange = self._exchange
        if exchange.trouble:
            self._note_trouble()
        if self._stopped or (self._drained and not exchange.left_over):
            return
        room = len(exchange.ready)
        now = self._clock()
        if now < self._ask_at and not exchange.left_over:
            room = 0
        most = self._pacer.grant(now, room) if room else 0
        messages = self._next(most) if most else []
        for message in messages:
            if refusal := exchange.begin(message):
                self._refused.append((message, refusal.outcome))
        if not exchange.ready and len(exchange) < self._most:
            self._call(len(messages))

    def _next(self, most: int) -> list[Outgoing]:
        left_over = self._exchange.left_over
        if left_over:
            return [left_over.popleft() for _ in range(min(most, len(left_over)))]
        try:
            given = self._supply(most)
        except BaseException as fault:
            self._fault, self._stopped = fault, True
            return []
        messages = list(given)
        if given is LATER:
            self._ask_at = self._clock() + ASK_AGAIN
        else:
            self._drained = not messages
        self._pulled += len(messages)
        self.in_flight += len(messages)
        return messages

    def _call(self, begun: int) -> None:
        """All are busy: open as many connections more as have just begun a message, which doubles them in time.

        One message opens none beside its own, nor does the pace when it is what holds us back.
        """
        exchange, now = self._exchange, self._clock()
        wanted = begun or not exchange.is_calling
        if not len(exchange):
            wanted = 1
        elif self._pulled < 2 or now < self._call_at or self._pacer.wait(now):
            wanted = 0
        for _ in range(min(wanted, self._most - len(exchange))):
            exchange.call()
            if exchange.trouble:
                self._note_trouble()
                return

    def _note_trouble(self) -> None:
        exchange = self._exchange
        trouble, exchange.trouble = exchange.trouble, ""
        self._call_at = self._clock() + CALLING_PAUSE
        if not len(exchange):
            self._stop(trouble)

    def _stop(self, reason: str) -> None:
        """Pull nothing more; what is in flight goes on. The first reason is kept."""
        self._stopped = True
        self._reason = self._reason or reason

    def _take_answers(self) -> Answered:
        exchange = self._exchange
        verdicts, exchange.answers = exchange.answers, []
        answers, self._refused = self._refused, []
        taken = 0
        now = self._clock()
        for message, verdict in verdicts:
            if verdict.sense is Sense.TAKEN:
                taken += 1
                self._standing.taken()
                answers.append((message, verdict.outcome))
            else:
                answers.append((message, self._weigh(verdict, message, now)))
        if taken:
            self._pacer.accepted(now, taken)
        if self._stopped:
            answers += [(message, Deferred("Not begun.", Blame.RELAY)) for message in exchange.left_over]
            exchange.left_over.clear()
        self.in_flight -= len(answers)
        return answers

    def _weigh(self, verdict: Verdict, message: Outgoing, now: float) -> Outcome:
        advice = self._standing.weigh(verdict, message.envelope_to, now)
        if advice.pause:
            self._pacer.slow_down(now, advice.pause)
        if advice.stop:
            self._stop(f"The relay {self._name} does not take our mail: {advice.outcome.reply}")
        return advice.outcome

    def _raise_what_went_wrong(self) -> None:
        """The supply's own exception, or RelayUnavailable when some may be left; nothing when all went its way."""
        if self._fault:
            raise self._fault
        if not self._drained:
            raise RelayUnavailable(self._reason)
