"""The way out by SMTP: a handful of connections, each on its thread, all fed from one stream of messages."""

import ssl
import threading
import time
from collections.abc import Iterator

from newsletter.domain.delivery import Outcome
from newsletter.domain.message import Outgoing
from newsletter.mail.errand import Errand
from newsletter.mail.pacing import Pacer
from newsletter.mail.relay import Relay, Timeouts, relay_from_url
from newsletter.mail.replies import Sense, Stage, Verdict, lost
from newsletter.mail.session import Session
from newsletter.mail.standing import Standing
from newsletter.mail.transport import RelayUnavailable
from newsletter.mail.wire import Clock

__all__ = ["Relay", "SmtpTransport", "Timeouts", "relay_from_url"]

IDLE = 30.0
"""Seconds a connection is kept for the next send()."""

FRESH = 2.0
"""Seconds within which an idle connection is trusted without asking; batches follow each other faster than that."""

USES = 500
"""Messages after which a connection is replaced, so that a relay of several machines can share the load."""


class SmtpTransport:
    """Sends over at most `connections` connections and at most `rate` messages a second (None: no limit).

    Connections stay open between calls. transport.Transport has the contract, session.Session the dialogue.
    """

    def __init__(
        self,
        relay: Relay,
        connections: int = 10,
        rate: float | None = None,
        timeouts: Timeouts | None = None,
        *,
        clock: Clock = time.monotonic,
    ) -> None:
        """`clock` gives monotonic seconds.

        Raises ValueError for less than one connection or a rate not above 0, OSError for an unreadable ca_file.
        """
        if connections < 1:
            raise ValueError("There must be at least one SMTP connection.")
        self._relay = relay
        self._connections = connections
        self._timeouts = timeouts or Timeouts()
        self._clock = clock
        self._context = ssl.create_default_context(cafile=relay.ca_file)
        self._pacer = Pacer(rate)
        self._standing = Standing(connections)
        self._lock = threading.Lock()  # guards the standing and the idle connections
        self._idle: list[Session] = []
        self._broom: threading.Timer | None = None

    def send(self, messages: Iterator[Outgoing]) -> Iterator[tuple[Outgoing, Outcome]]:
        """See transport.Transport.send.

        One connection is opened even if there turns out to be no message: asking would record an intent.
        """
        self._put_broom_away()
        errand = Errand(messages, self._connections, self._pacer, self._clock)
        errand.hire(self._work)
        try:
            while (answer := errand.answers.get()) is not None:
                yield answer
                errand.settled()
        finally:
            errand.finish()
            self._sweep_later()
        errand.raise_what_went_wrong()

    def close(self) -> None:
        """Say goodbye on every idle connection."""
        self._put_broom_away()
        self._sweep()

    def _work(self, errand: Errand) -> None:
        """One thread's life: message after message over one connection, renewed when it must be."""
        session = self._connect()
        try:
            while errand.may_start():
                if session.messages >= USES or not session.ready():
                    session = self._replace(errand, session)
                message = errand.pull()
                if message is None:
                    return
                errand.hire(self._work)
                self._carry(errand, session, message)
        finally:
            self._keep(session)

    def _replace(self, errand: Errand, session: Session) -> Session:
        session.quit()
        try:
            return self._connect()
        except RelayUnavailable:
            errand.settled()
            raise

    def _carry(self, errand: Errand, session: Session, message: Outgoing) -> None:
        verdict = lost(Stage.DOT, "a defect of ours")  # stands if deliver() raises, for it may have got anywhere
        try:
            verdict = session.deliver(message)
        finally:
            errand.answer(message, self._weigh(errand, verdict, message))

    def _weigh(self, errand: Errand, verdict: Verdict, message: Outgoing) -> Outcome:
        now = self._clock()
        with self._lock:
            advice = self._standing.weigh(verdict, message.envelope_to, now)
        if verdict.sense is Sense.TAKEN:
            self._pacer.accepted(now)
        if advice.pause:
            self._pacer.slow_down(now, advice.pause)
        if advice.stop:
            errand.stop(f"The relay {self._relay.name} does not take our mail: {advice.outcome.reply}")
        return advice.outcome

    def _connect(self) -> Session:
        """An idle connection that still answers, or a new one. Raises RelayUnavailable."""
        while session := self._from_idle():
            idle = self._clock() - session.last_used
            if idle < IDLE and session.ready(check=idle > FRESH):
                return session
            session.quit()
        return Session(self._relay, self._context, self._timeouts, self._clock)

    def _from_idle(self) -> Session | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _keep(self, session: Session) -> None:
        if session.open:
            with self._lock:
                self._idle.append(session)

    def _sweep(self) -> None:
        while session := self._from_idle():
            session.quit()

    def _sweep_later(self) -> None:
        self._broom = threading.Timer(IDLE, self._sweep)
        self._broom.daemon = True
        self._broom.start()

    def _put_broom_away(self) -> None:
        if self._broom:
            self._broom.cancel()
