"""All connections to the relay, in one loop: wait, listen, and speak to those that have something to say.

It lives as long as the transport, so that connections stay open from one errand to the next.
"""

import socket
import ssl
from collections import deque
from collections.abc import Callable

from newsletter.domain.message import Outgoing
from newsletter.mail.connection import Address, Connection, Watch
from newsletter.mail.conversation import Answer
from newsletter.mail.relay import Relay, Timeouts
from newsletter.mail.replies import Verdict

Clock = Callable[[], float]

FRESH = 2.0
"""Seconds within which an idle connection is trusted without asking; batches follow each other faster than that."""

USES = 500
"""Messages after which a connection is replaced, so that a relay of several machines can share the load."""

_A_MOMENT = 0.001
"""Seconds for which what was heard is news."""

_LOOK_EVERY = 0.1
"""Seconds between looks at the deadlines."""


class Exchange:
    """The connections to one relay. Not thread-safe."""

    def __init__(self, relay: Relay, waits: Timeouts, clock: Clock) -> None:
        """`clock` gives monotonic seconds. Raises OSError for an unreadable ca_file."""
        self.ready: dict[Connection, None] = {}
        """Those that may begin a message now; the ones used last are the last."""
        self.answers: list[Answer] = []
        """What became of messages; whoever reads it takes it away."""
        self.left_over: deque[Outgoing] = deque()
        """Messages begun behind another on a connection that is gone; the server never answered any part of them."""
        self.trouble = ""
        """Why a connection could not be opened; whoever reads it takes it away."""
        self._relay = relay
        self._waits = waits
        self._clock = clock
        self._context = _tls(relay)
        self._watch = Watch()
        self._speakers: set[Connection] = set()
        self._addresses: list[Address] = []
        self._look_at = self._heard_at = clock()

    def __len__(self) -> int:
        """How many connections there are, whatever they are doing."""
        return len(self._watch.connections)

    @property
    def is_calling(self) -> bool:
        """Whether a connection is being opened."""
        return any(one.conversation is None or one.conversation.is_opening for one in self._all())

    def call(self) -> None:
        """Open one more connection. The relay's name is looked up when there is no other: that may take a while."""
        if not len(self) or not self._addresses:
            try:
                found = socket.getaddrinfo(self._relay.host, self._relay.port, type=socket.SOCK_STREAM)
            except OSError as error:
                self.trouble = f"The relay {self._relay.name} cannot be reached: {(error.strerror or '?').lower()}."
                return
            self._addresses = [(family, address) for family, _, _, _, address in found]
        called = Connection(self._relay, self._addresses, self._context, self._waits, self._watch, self._clock())
        self.trouble = called.trouble or self.trouble

    def listen(self, wait: float) -> None:
        """Wait for events, at most so many seconds, and hear what they bring."""
        events = self._watch.poll.poll(wait)
        now = self._heard_at = self._clock()
        connections = self._watch.connections
        for fd, mask in events:
            connection = connections[fd]
            if answers := connection.heed(mask, now):
                self.answers += answers
            self._see_to(connection)
        if now >= self._look_at:
            self._look_at = now + _LOOK_EVERY
            self._look_at_deadlines(now)

    def hear_the_ready(self) -> None:
        """Hear once more those that may begin, or have something to say: who speaks now speaks out of turn.

        Not when we have listened a moment ago.
        """
        now = self._clock()
        if now - self._heard_at < _A_MOMENT:
            return
        for fd, mask in self._watch.poll.poll(0):
            connection = self._watch.connections[fd]
            if connection in self.ready or connection in self._speakers:
                self.answers += connection.heed(mask, now)
                self._see_to(connection)

    def begin(self, message: Outgoing) -> Verdict | None:
        """Put a message up on one of the ready; or say why it must not reach the wire."""
        connection, _ = self.ready.popitem()
        assert connection.conversation is not None
        refusal = connection.conversation.begin(message)
        if refusal is None:
            self._speakers.add(connection)
        else:
            self.ready[connection] = None
        return refusal

    def speak(self) -> None:
        """Write all that is put up."""
        now = self._clock()
        speakers, self._speakers = self._speakers, set()
        for connection in speakers:
            if connection.is_open:
                self.answers += connection.write(now)
                if connection in self.ready or not connection.is_open:
                    self._see_to(connection)

    def wake(self) -> None:
        """Ask those that idled whether they are still there."""
        self.listen(0)
        now = self._clock()
        self._look_at_deadlines(now)
        self.trouble = ""  # of connections half open since the last errand: nobody has waited for them
        for connection in list(self.ready):
            if now - connection.last_used > FRESH and connection.conversation:
                connection.conversation.check()
                self._see_to(connection)
        self.speak()

    def farewell(self) -> None:
        """Say goodbye to all who are, or in a moment will be, through with what we said last, and close all.

        Nobody is waited for longer than a goodbye takes, and one that is still being opened not at all.
        """
        for connection in self._all():
            if connection.conversation is None or connection.conversation.is_opening:
                connection.close()
        until = self._clock() + self._waits.goodbye
        while len(self) and self._clock() < until:
            for connection in self._all():
                if connection.conversation and connection.conversation.is_idle:
                    connection.conversation.quit()
                    self._see_to(connection)
            self.speak()
            self.listen(_LOOK_EVERY)
        self.close()

    def close(self) -> None:
        """Close all connections at once."""
        for connection in self._all():
            connection.close()
        for left in (self.ready, self.answers, self.left_over, self._speakers):
            left.clear()

    def _all(self) -> list[Connection]:
        return list(self._watch.connections.values())

    def _look_at_deadlines(self, now: float) -> None:
        for connection in self._all():
            if now >= connection.deadline:
                self.answers += connection.expire(now)
                self._see_to(connection)

    def _see_to(self, connection: Connection) -> None:
        """Note what a connection can do now."""
        talk = connection.conversation
        if not connection.is_open:
            self._forget(connection)
        elif talk is not None:
            if talk.is_ready and talk.messages < USES:
                self.ready[connection] = None
            else:
                self.ready.pop(connection, None)
                if talk.messages >= USES and talk.is_idle:
                    talk.quit()
            if talk.out:
                self._speakers.add(connection)

    def _forget(self, connection: Connection) -> None:
        self.ready.pop(connection, None)
        self.trouble = connection.trouble or self.trouble
        talk = connection.conversation
        if talk is not None and talk.left_over is not None:
            self.left_over.append(talk.left_over)
            talk.left_over = None


def _tls(relay: Relay) -> ssl.SSLContext:
    if relay.security == "never" and relay.ca_file is None:
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts nobody; reading the system's roots would take 20 ms
    return ssl.create_default_context(cafile=relay.ca_file)
