"""One non-blocking socket and the conversation on it: connecting, TLS, reading, writing, and patience that ends."""

import errno
import os
import select
import socket
import ssl
from collections.abc import Callable, Iterable
from typing import Any

from newsletter.mail.conversation import Answer, Conversation
from newsletter.mail.opening import open_up
from newsletter.mail.relay import Relay, Timeouts
from newsletter.mail.replies import Stage, tidy

Address = tuple[int, Any]
"""Address family and address, as socket.connect takes it."""

IDLE = 30.0
"""Seconds a connection is kept with nothing to do."""

_RECORD = 16384
"""Bytes of a TLS record. OpenSSL takes a write whole or not at all; record by record we learn how far it came."""
_NOT_NOW = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Watch:
    """The sockets that are waited for, and whose they are."""

    def __init__(self) -> None:
        self.poll = select.epoll()
        self.connections: dict[int, Connection] = {}

    def add(self, sock: socket.socket, connection: "Connection") -> None:
        """Wait until a socket can be written."""
        self.poll.register(sock, select.EPOLLOUT)
        self.connections[sock.fileno()] = connection

    def drop(self, sock: socket.socket) -> None:
        """Wait no longer."""
        del self.connections[sock.fileno()]
        self.poll.unregister(sock)


class Connection:
    """Does nothing by itself: heed() its events, write() what its conversation has put up, expire() after `deadline`.

    Each returns what became of messages. All times are monotonic seconds.
    """

    def __init__(
        self,
        relay: Relay,
        addresses: Iterable[Address],
        context: ssl.SSLContext,
        waits: Timeouts,
        watch: Watch,
        now: float,
    ) -> None:
        self.conversation: Conversation | None = None
        """None until there is somebody to talk to."""
        self.is_open = False
        """Whether there is a socket."""
        self.deadline = self.last_used = now
        self.trouble = ""
        """Why it could not be opened, as a sentence for the owner."""
        self._relay = relay
        self._addresses = list(addresses)
        self._context = context
        self._waits = waits
        self._watch = watch
        self._sock: socket.socket | None = None
        self._recv: Callable[[int], bytes]
        self._send: Callable[[bytes | memoryview], int]
        self._awaited = select.EPOLLOUT
        self._connect(now, "no address")

    def heed(self, events: int, now: float) -> list[Answer]:
        """Act on what poll says of the socket."""
        talk = self.conversation
        if talk is None or talk.wants_tls:
            self._go_on(now)
            return []
        answers = self._read(talk, now) if events != select.EPOLLOUT else []
        if events & select.EPOLLOUT and self.is_open:
            answers += self.write(now)
        return answers

    def write(self, now: float) -> list[Answer]:
        """Write what the conversation has put up, as far as it goes."""
        talk = self.conversation
        assert talk is not None
        try:
            count = self._send(talk.out)
        except _NOT_NOW:
            count = 0
        except OSError as error:
            return self._lost(f"the connection was lost: {_plain(error)}")
        talk.wrote(count)
        if talk.out:
            self._await(select.EPOLLIN | select.EPOLLOUT)
            if count:
                self.deadline = now + self._waits.data_block
        else:
            if self._awaited != select.EPOLLIN:
                self._await(select.EPOLLIN)
            self._be_patient(talk, now)
        return []

    def expire(self, now: float) -> list[Answer]:
        """Do what is due when `deadline` is over: give up, or say goodbye when nothing was under way."""
        talk = self.conversation
        if talk is None and self._awaited == select.EPOLLOUT and not isinstance(self._sock, ssl.SSLSocket):
            self._try_next(now, f"no connection within {self._waits.connect:g} s")
        elif talk is None or talk.wants_tls:
            self._fail(f"failed at {Stage.STARTTLS}: no TLS handshake within {self._waits.tls:g} s")
        elif talk.out:
            return self._lost(f"it took no bytes for {self._waits.data_block:g} s")
        elif talk.patience is not None:
            return self._lost(f"no reply within {talk.patience:g} s")
        else:
            talk.quit()
            self.deadline = now + self._waits.goodbye
        return []

    def close(self) -> None:
        """Close at once."""
        if self._sock is not None:
            self._watch.drop(self._sock)
            self._sock.close()
            self._sock, self.is_open = None, False

    def _read(self, talk: Conversation, now: float) -> list[Answer]:
        try:
            data = self._recv(_RECORD)
        except _NOT_NOW:
            return []
        except OSError as error:
            return self._lost(f"the connection was lost: {_plain(error)}")
        if not data:
            return self._lost("the connection was closed")
        answers = talk.feed(data)
        if answers is None:
            return []
        if not talk.open:
            self._give_up(talk)
        elif talk.wants_tls:
            self._secure(now)
        elif not talk.out:  # otherwise patience begins when that is written
            self._be_patient(talk, now)
        return answers

    def _be_patient(self, talk: Conversation, now: float) -> None:
        patience = talk.patience
        if patience is None:
            self.last_used = now
            patience = IDLE
        self.deadline = now + patience

    def _lost(self, why: str) -> list[Answer]:
        talk = self.conversation
        assert talk is not None
        answers = talk.lost(why)
        self._give_up(talk)
        return answers

    def _give_up(self, talk: Conversation) -> None:
        if talk.is_opening:
            self._fail(f"failed at {talk.stage}: {tidy(talk.trouble)}")
        self.close()

    def _fail(self, how: str) -> None:
        self.trouble = f"The relay {self._relay.name} {how}."
        self.close()

    def _connect(self, now: float, why: str) -> None:
        """Begin with the next address that lets us."""
        while self._addresses:
            family, address = self._addresses.pop(0)
            try:
                sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
            except OSError as error:
                why = f"no connection: {_plain(error)}"
                continue
            code = sock.connect_ex(address)
            if code in (0, errno.EINPROGRESS):
                self._sock, self.is_open, self._awaited = sock, True, select.EPOLLOUT
                self._watch.add(sock, self)
                self.deadline = now + self._waits.connect
                return
            sock.close()
            why = f"no connection: {os.strerror(code).lower()}"
        self._fail(f"cannot be reached: {tidy(why)}")

    def _try_next(self, now: float, why: str) -> None:
        self.close()
        self._connect(now, why)

    def _go_on(self, now: float) -> None:
        """What happens before the two can talk: the socket is connected, TLS is agreed on."""
        assert self._sock is not None
        if isinstance(self._sock, ssl.SSLSocket):
            self._shake_hands(self._sock, now)
        elif code := self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self._try_next(now, f"no connection: {os.strerror(code).lower()}")
        else:
            # Commands and the message are each written at once; Nagle would only hold back the second of two.
            self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._relay.security == "implicit":
                self._secure(now)
            else:
                self._talk(self._sock, now)

    def _talk(self, sock: socket.socket, now: float) -> None:
        our_address = str(sock.getsockname()[0])
        self.conversation = Conversation(open_up(self._relay, our_address, self._waits), self._waits)
        self._recv, self._send = sock.recv, sock.send
        self._await(select.EPOLLIN)
        self._be_patient(self.conversation, now)

    def _secure(self, now: float) -> None:
        """Begin TLS, with a verified certificate for the relay's name."""
        assert self._sock is not None
        self.deadline = now + self._waits.tls
        self._sock = self._context.wrap_socket(
            self._sock, server_hostname=self._relay.host, do_handshake_on_connect=False
        )
        self._shake_hands(self._sock, now)

    def _shake_hands(self, sock: ssl.SSLSocket, now: float) -> None:
        try:
            sock.do_handshake()
        except ssl.SSLWantReadError:
            self._await(select.EPOLLIN)
        except ssl.SSLWantWriteError:
            self._await(select.EPOLLOUT)
        except ssl.SSLCertVerificationError as error:
            self._fail(f"failed at {Stage.STARTTLS}: its certificate is not valid: {error.verify_message}")
        except OSError as error:
            self._fail(f"failed at {Stage.STARTTLS}: the TLS handshake failed: {_plain(error)}")
        else:
            if self.conversation is None:
                self._talk(sock, now)
            else:
                self.conversation.secured()
            self._recv, self._send = sock.recv, self._send_records
            self._await(select.EPOLLIN)

    def _send_records(self, data: bytes | memoryview) -> int:
        view, done = memoryview(data), 0
        assert self._sock is not None
        try:
            while done < len(view):
                done += self._sock.send(view[done : done + _RECORD])
        except _NOT_NOW:
            pass
        return done

    def _await(self, events: int) -> None:
        assert self._sock is not None
        self._awaited = events
        self._watch.poll.modify(self._sock, events)


def _plain(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or "TLS error").replace("_", " ").lower()
    return (error.strerror or type(error).__name__).lower()
