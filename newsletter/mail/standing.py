"""What a run of answers says about us and our relay: when to go on, when to slow down, when to stop.

One refusal proves nothing: it may be about one reader, or one connection. So answers are weighed as they
come, and any message taken clears the record.

- CLOSED (login, sender or quota refused) stops at once.
- POLICY (5.7.x and its kin) is first believed to be the reader's; from the third recipient in a row on it
  is about us, and stops. None of them fails: a blocked sender would otherwise lose his whole list in a minute.
- SLOWER (4.7.x and 4.3.x) is first believed to be the reader's too; from the third in a row on, and from then on for a
  minute at once, it is BUSY.
- BUSY (421 and 4xx to MAIL) slows down and pauses, each time twice as long; it stops when the relay has taken
  nothing since the last stop, or after the fifth pause without success.
- LOST connections stop when there are two more in a row than there are connections, so that one fault that hits
  all of them at once is not yet a reason.
"""

from dataclasses import dataclass, field, replace

from newsletter.domain.delivery import Blame, Deferred, Outcome
from newsletter.mail.replies import Sense, Verdict

SEVERAL = 3
BELIEVED = 60.0
"""Seconds for which a relay that has called us too fast is believed at its first word."""

PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)


@dataclass(frozen=True, slots=True)
class Advice:
    """The message's final outcome, a pause in seconds for all connections, and whether to stop."""

    outcome: Outcome
    pause: float = 0.0
    stop: bool = False


@dataclass
class Standing:
    """The record. It lasts longer than one `send`, so that a blocked sender stays recognised."""

    connections: int
    _proven: bool = False
    _refused: set[str] = field(default_factory=set)
    _lost: int = 0
    _pauses: int = 0
    _calm_at: float = 0.0
    _believed_until: float = 0.0

    def weigh(self, verdict: Verdict, recipient: str, now: float) -> Advice:
        """Enter one answer; `now` is monotonic seconds."""
        match verdict.sense:
            case Sense.TAKEN:
                self.taken()
            case Sense.READER:
                self._lost = self._pauses = 0
            case Sense.POLICY:
                return self._policy(verdict, recipient)
            case Sense.SLOWER:
                return self._slower(verdict, recipient, now)
            case Sense.BUSY:
                return self._busy(verdict.outcome, now)
            case Sense.LOST:
                self._lost += 1
                return self._advise(verdict.outcome, stop=self._lost >= self.connections + 2)
            case Sense.CLOSED:
                return self._advise(verdict.outcome, stop=True)
        return Advice(verdict.outcome)

    def taken(self) -> None:
        """Enter a message taken: the short way for what nearly all answers are."""
        self._proven, self._lost, self._pauses = True, 0, 0
        self._refused.clear()

    def _policy(self, verdict: Verdict, recipient: str) -> Advice:
        self._lost = self._pauses = 0
        if self._are_several(recipient) and isinstance(verdict.outcome, Deferred):
            return self._advise(replace(verdict.outcome, blame=Blame.RELAY), stop=True)
        return Advice(verdict.outcome)

    def _slower(self, verdict: Verdict, recipient: str, now: float) -> Advice:
        self._lost = 0
        if not self._are_several(recipient) and now >= self._believed_until:
            return Advice(verdict.outcome)
        self._believed_until = now + BELIEVED
        outcome = verdict.outcome
        return self._busy(replace(outcome, blame=Blame.RELAY) if isinstance(outcome, Deferred) else outcome, now)

    def _are_several(self, recipient: str) -> bool:
        """Whether, this one included, several recipients in a row heard what may be about us."""
        if len(self._refused) < SEVERAL:
            self._refused.add(recipient.lower())
        return len(self._refused) == SEVERAL

    def _busy(self, outcome: Outcome, now: float) -> Advice:
        if now < self._calm_at:  # said while we are already holding back: the same complaint
            return Advice(outcome)
        if not self._proven or self._pauses == len(PAUSES):
            return self._advise(outcome, stop=True)
        pause = PAUSES[self._pauses]
        self._pauses += 1
        self._calm_at = now + pause
        return Advice(outcome, pause=pause)

    def _advise(self, outcome: Outcome, *, stop: bool) -> Advice:
        if stop:
            self._proven = False
            self._lost = self._pauses = 0
        return Advice(outcome, stop=stop)
