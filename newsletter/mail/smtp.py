"""The way out by SMTP: a handful of connections in one thread, all fed from one stream of messages."""

import threading
import time
from collections.abc import Iterator

from newsletter.mail.connection import IDLE
from newsletter.mail.errand import Answered, Errand
from newsletter.mail.exchange import Clock, Exchange
from newsletter.mail.pacing import Pacer
from newsletter.mail.relay import Relay, Timeouts, relay_from_url
from newsletter.mail.standing import Standing
from newsletter.mail.transport import Supply

__all__ = ["Relay", "SmtpTransport", "Timeouts", "relay_from_url"]


BROOM = 10.0
"""Seconds that sweeping idle connections away may take at most."""


class SmtpTransport:
    """Sends over at most `connections` connections and at most `rate` messages a second (None: no limit).

    Connections stay open between calls. transport.Transport has the contract, conversation.Conversation the
    dialogue, exchange.Exchange the loop.
    """

    def __init__(
        self,
        relay: Relay,
        connections: int = 10,
        rate: float | Pacer | None = None,
        timeouts: Timeouts | None = None,
        *,
        clock: Clock = time.monotonic,
    ) -> None:
        """`clock` gives monotonic seconds. A `Pacer` for `rate` is one that outlives this transport.

        Raises ValueError for less than one connection or a rate not above 0, OSError for an unreadable ca_file.
        """
        if connections < 1:
            raise ValueError("There must be at least one SMTP connection.")
        self._relay = relay
        self._connections = connections
        self._clock = clock
        self._pacer = rate if isinstance(rate, Pacer) else Pacer(rate)
        self._standing = Standing(connections)
        self._exchange = Exchange(relay, timeouts or Timeouts(), clock)
        self._lock = threading.Lock()  # who has it has the exchange: the sender, or the broom when nobody sends
        self._broom: threading.Timer | None = None

    def send(self, supply: Supply) -> Iterator[Answered]:
        """See transport.Transport.send.

        One connection is opened even if there turns out to be no message: asking would record an intent.
        """
        self._put_broom_away()
        if not self._lock.acquire(timeout=BROOM):
            raise RuntimeError("There can only be one send() at a time.")
        errand = Errand(
            supply, self._exchange, self._connections, self._pacer, self._standing, self._relay.name, self._clock
        )
        try:
            yield from errand.run()
        except GeneratorExit:
            errand.finish()
            raise
        finally:
            if errand.in_flight:  # a defect, or Ctrl-C: no later errand shall hear those answers
                self._exchange.close()
            self._sweep_later()
            self._lock.release()

    def close(self) -> None:
        """Say goodbye on every idle connection."""
        self._put_broom_away()
        self._sweep()

    def _sweep(self) -> None:
        with self._lock:
            self._exchange.farewell()

    def _sweep_later(self) -> None:
        self._broom = threading.Timer(IDLE, self._sweep)
        self._broom.daemon = True
        self._broom.start()

    def _put_broom_away(self) -> None:
        if self._broom:
            self._broom.cancel()
