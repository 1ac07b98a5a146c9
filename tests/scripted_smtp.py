"""A mail server that does as it is told: a real socket, and a script that may refuse, hang, drop, lie or stay silent.

    def script(moment: Moment) -> Act | None:
        if moment.stage == "RCPT" and moment.message == 3:
            return say("450 4.2.0 Later")
        return None                                  # as a good server would

    with ScriptedSmtp(script) as server:
        transport = SmtpTransport(Relay(server.host, server.port, "never"))
        ...
        assert server.accepted[0].message_id == "<1@example.org>"

The script is called once for each of these stages, from the threads of the connections (so it must be
thread-safe), with what is known by then: GREETING, EHLO, STARTTLS, TLS (before the handshake), AUTH, MAIL, RCPT,
DATA, DOT (the message is in), RSET, NOOP, QUIT. `accepted` holds every message for which the server took
responsibility, whether or not the client ever learned of it: it is the ledger's counterpart in audits.
"""

import base64
import re
import select
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Self

from tests.mail.certificates import Certificate


@dataclass(frozen=True, slots=True)
class Moment:
    """Where a conversation stands. `connection` and `message` count from 1 over the whole server (`message` counts
    MAIL commands; 0 before the first of this connection); `at` is seconds since the server started."""

    stage: str
    connection: int
    message: int = 0
    line: str = ""
    sender: str = ""
    recipient: str = ""
    message_id: str = ""
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Act:
    """What to do instead of the usual. Written in this order: wait, take the message or not, write, drop or hang.

    `wait` is an event to wait for or seconds; `take` says whether a message at DOT counts as accepted (None: when
    the reply begins with 2); `write` are raw bytes; `after` is "go on", "drop" (close), "reset" (RST), "hang"
    (say nothing until the client leaves or the server stops), "deaf" (nor read anything) or "flood" (write for ever);
    `yes` is whether the command counts as carried out (None: when the reply begins with 2 or 354). One act + another
    is the one and then the other.
    """

    write: bytes = b""
    wait: threading.Event | float | None = None
    take: bool | None = None
    after: str = "go on"
    yes: bool | None = None
    then: "Act | None" = None

    def __add__(self, other: "Act") -> "Act":
        return replace(self, then=self.then + other if self.then else other)


Script = Callable[[Moment], Act | None]


def say(reply: str, *, drop: bool = False) -> Act:
    """Answer with this reply; `drop` closes the connection after it. Several lines are separated by "|"."""
    lines = reply.split("|")
    code = lines[0][:3]
    texts = [lines[0][4:], *lines[1:]]
    written = [f"{code}{'-' if n < len(texts) else ' '}{text}\r\n" for n, text in enumerate(texts, start=1)]
    return Act("".join(written).encode(), after="drop" if drop else "go on")


def drop(*, taken: bool = False) -> Act:
    """Close without a word; `taken` at DOT: after having accepted the message (F9)."""
    return Act(take=taken, after="drop")


def reset() -> Act:
    """Cut the connection with a TCP reset."""
    return Act(take=False, after="reset")


def hang(*, taken: bool = False) -> Act:
    """Say nothing and read nothing any more (F7)."""
    return Act(take=taken, after="hang")


def deaf() -> Act:
    """Say nothing, and read nothing either: the client's bytes pile up until it can write no more."""
    return Act(take=False, after="deaf")


def hold() -> Act:
    """Carry the command out, and keep the reply back: a later act says it, with its own (RFC 2920)."""
    return Act(yes=True)


def late(reply: str, wait: threading.Event | float, *, taken: bool = True) -> Act:
    """Answer, but only after the event or the seconds (F10)."""
    return replace(say(reply), wait=wait, take=taken)


def raw(data: bytes, *, after: str = "go on", take: bool | None = None) -> Act:
    """Write exactly these bytes: gibberish, two replies at once, bytes before TLS (F12)."""
    return Act(data, after=after, take=take)


def flood(data: bytes, *, taken: bool = False) -> Act:
    """Write the same bytes for ever: a line or a reply without end."""
    return Act(data, after="flood", take=taken)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message the server took. `data` is without dot-stuffing and the final dot; `connection` counts from 1."""

    message_id: str
    sender: str
    recipients: tuple[str, ...]
    data: bytes
    connection: int
    at: float


class ScriptedSmtp:
    """See the module. Use as a context manager; all attributes may be read while it runs.

    `tls` is None, "starttls" or "implicit" and needs a `certificate`; `login` is (user, password), asked for when
    given; `extensions` are the lines after the first of the reply to EHLO.
    """

    def __init__(
        self,
        script: Script = lambda moment: None,
        *,
        tls: str | None = None,
        certificate: Certificate | None = None,
        login: tuple[str, str] | None = None,
        extensions: tuple[str, ...] = ("PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES"),
        port: int = 0,
    ) -> None:
        self.script = script
        self.tls = tls
        self.login = login
        self.extensions = extensions
        self.context = certificate.server_context() if certificate else None
        self.accepted: list[Accepted] = []
        self.commands: list[tuple[int, str]] = []
        """(connection, command line) in the order they came."""
        self.in_clear = bytearray()
        """Every byte that arrived outside of TLS."""
        self.connections = 0
        self.open_now = 0
        self.most_open = 0
        self.messages = 0
        self.stopping = threading.Event()
        self.began = time.monotonic()
        self._lock = threading.RLock()
        self._threads: list[threading.Thread] = []
        self._sockets: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", port), backlog=128)
        self.host, self.port = self._listener.getsockname()[:2]

    def __enter__(self) -> Self:
        self._acceptor = threading.Thread(target=self._accept, name="scripted-smtp", daemon=True)
        self._acceptor.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop listening, cut every connection, wait for every thread."""
        if self.stopping.is_set():
            return
        self.stopping.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._acceptor.join()
        self._listener.close()
        self.cut_all()
        for thread in self._threads:
            thread.join()

    def cut_all(self) -> None:
        """Cut every connection that is open now, as a restart of the server would."""
        with self._lock:
            for sock in self._sockets:
                with suppress(OSError):  # the client was faster
                    sock.shutdown(socket.SHUT_RDWR)

    def copies(self) -> dict[str, int]:
        """Message-ID -> how many times it was accepted."""
        with self._lock:
            found: dict[str, int] = {}
            for one in self.accepted:
                found[one.message_id] = found.get(one.message_id, 0) + 1
            return found

    def verbs(self) -> list[str]:
        """The first word of every command, in the order they came."""
        with self._lock:
            return [line.split(" ")[0].upper() for _, line in self.commands]

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                conversation = _Conversation(self, sock, self.connections)
                thread = threading.Thread(target=conversation.run, name=f"scripted-{self.connections}", daemon=True)
                self._threads = [t for t in self._threads if t.is_alive()] + [thread]
                thread.start()


class _Over(Exception):  # noqa: N818
    """This conversation is over."""


@dataclass
class _Conversation:
    server: ScriptedSmtp
    sock: socket.socket
    number: int
    message: int = 0
    sender: str = ""
    recipients: list[str] = field(default_factory=list)
    begun: bool = False
    unread: bytes = b""
    secure: bool = False
    known: bool = False

    def run(self) -> None:
        server = self.server
        plain = self.sock
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with server._lock:
            server._sockets.add(plain)
            server.open_now += 1
            server.most_open = max(server.most_open, server.open_now)
        try:
            if server.tls == "implicit":
                self._handshake()
            self._act("GREETING", "220 scripted.test ESMTP")
            while True:
                self._command(self._line())
        except (_Over, OSError):
            pass
        finally:
            with server._lock:
                server._sockets.discard(plain)
                server.open_now -= 1
            self.sock.close()

    def _command(self, line: str) -> None:
        with self.server._lock:
            self.server.commands.append((self.number, line))
        verb = line.split(" ")[0].upper()
        handler = getattr(self, f"_on_{verb.lower()}", None) if verb.isalpha() else None
        if handler is None:
            self._write(b"500 5.5.1 Unknown command\r\n")
        else:
            handler(line)

    def _on_ehlo(self, line: str) -> None:
        offers = ["scripted.test", *self.server.extensions]
        if self.server.tls == "starttls" and not self.secure:
            offers.append("STARTTLS")
        if self.server.login:
            offers.append("AUTH PLAIN LOGIN")
        self._act("EHLO", "250 " + "|".join(offers), line)

    def _on_starttls(self, line: str) -> None:
        self._act("STARTTLS", "220 2.0.0 Ready", line)
        self._act("TLS", "", line)
        self._handshake()

    def _on_auth(self, line: str) -> None:
        words = line.split(" ")
        if words[1].upper() == "PLAIN":
            given = tuple(base64.b64decode(words[2]).decode().split("\0")[1:])
        else:
            self._write(b"334 VXNlcm5hbWU6\r\n")
            user = base64.b64decode(self._line()).decode()
            self._write(b"334 UGFzc3dvcmQ6\r\n")
            given = (user, base64.b64decode(self._line()).decode())
        self.known = given == self.server.login
        self._act("AUTH", "235 2.7.0 Welcome" if self.known else "535 5.7.8 Wrong user or password", line)

    def _on_mail(self, line: str) -> None:
        with self.server._lock:
            self.server.messages += 1
            self.message = self.server.messages
        sender = _path(line)
        if self.begun or (self.server.login and not self.known):
            reply = "503 5.5.1 Out of order" if self.begun else "530 5.7.0 Log in first"
        else:
            reply = "250 2.1.0 Sender ok"
        if self._act("MAIL", reply, line, sender=sender):
            self.sender, self.recipients, self.begun = sender, [], True

    def _on_rcpt(self, line: str) -> None:
        recipient = _path(line)
        if self._act("RCPT", "250 2.1.5 Recipient ok" if self.begun else "503 5.5.1 MAIL first", line, recipient):
            self.recipients.append(recipient)

    def _on_data(self, line: str) -> None:
        if not self._act("DATA", "354 Go on" if self.recipients else "503 5.5.1 RCPT first", line):
            return
        data = self._until(b"\r\n.\r\n", also=b".\r\n")
        message = re.sub(rb"(?m)^\.(?=.)", b"", data)
        found = re.search(rb"(?mi)^message-id:\s*(\S+)", message)
        message_id = found[1].decode("ascii", "replace") if found else ""
        self._act("DOT", "250 2.0.0 Taken", line, message=message, message_id=message_id)
        self.sender, self.recipients, self.begun = "", [], False

    def _on_rset(self, line: str) -> None:
        self._act("RSET", "250 2.0.0 Forgotten", line)
        self.sender, self.recipients, self.begun = "", [], False

    def _on_noop(self, line: str) -> None:
        self._act("NOOP", "250 2.0.0 Here", line)

    def _on_quit(self, line: str) -> None:
        self._act("QUIT", "221 2.0.0 Bye", line)
        raise _Over

    def _act(
        self,
        stage: str,
        usual: str,
        line: str = "",
        recipient: str = "",
        *,
        sender: str = "",
        message: bytes | None = None,
        message_id: str = "",
    ) -> bool:
        """Ask the script and do it; whether the answer was a yes (2xx or 354)."""
        server = self.server
        at = time.monotonic() - server.began
        to = recipient or (self.recipients[0] if self.recipients else "")
        moment = Moment(stage, self.number, self.message, line, sender or self.sender, to, message_id, at)
        act = server.script(moment) or (say(usual) if usual else Act())
        step: Act | None = act
        while step is not None:
            self._wait(step.wait)
            if message is not None and (step.take if step.take is not None else step.write.startswith(b"2")):
                with server._lock:
                    server.accepted.append(
                        Accepted(message_id, self.sender, tuple(self.recipients), message, self.number, at)
                    )
                message = None
            self._write(step.write)
            self._after(step)
            step = step.then
        return act.yes if act.yes is not None else act.write[:1] == b"2" or act.write[:3] == b"354"

    def _wait(self, wait: threading.Event | float | None) -> None:
        if isinstance(wait, threading.Event):
            while not (wait.wait(0.02) or self.server.stopping.is_set()):
                pass
        elif wait is not None:
            self.server.stopping.wait(wait)

    def _after(self, act: Act) -> None:
        match act.after:
            case "drop":
                raise _Over
            case "reset":
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                raise _Over
            case "hang":
                self._hang()
            case "deaf":
                while not self.server.stopping.wait(0.02):
                    pass
                raise _Over
            case "flood":
                while not self.server.stopping.is_set():
                    self._write(act.write)
                raise _Over

    def _hang(self) -> None:
        while not self.server.stopping.is_set():
            readable, _, _ = select.select([self.sock], [], [], 0.02)
            if readable and not self._receive():
                break
        raise _Over

    def _handshake(self) -> None:
        assert self.server.context is not None
        self.sock = self.server.context.wrap_socket(self.sock, server_side=True)
        self.secure = True

    def _line(self) -> str:
        return self._until(b"\r\n").decode("utf-8", "replace")[:-2]

    def _until(self, end: bytes, also: bytes | None = None) -> bytes:
        """Bytes up to and with `end`, or nothing but `also` (an empty message)."""
        searched = 0
        while True:
            if also and self.unread.startswith(also):
                self.unread = self.unread[len(also) :]
                return b""
            position = self.unread.find(end, searched)
            if position >= 0:
                break
            searched = max(len(self.unread) - len(end), 0)
            more = self._receive()
            if not more:
                raise _Over
            self.unread += more
        data, self.unread = self.unread[: position + len(end)], self.unread[position + len(end) :]
        return data.removesuffix(b".\r\n") if also else data

    def _receive(self) -> bytes:
        data = self.sock.recv(65536)
        if not self.secure:
            with self.server._lock:
                self.server.in_clear += data
        return data

    def _write(self, data: bytes) -> None:
        if data:
            self.sock.sendall(data)


def _path(line: str) -> str:
    match = re.search(r"<(.*)>", line)
    return match[1] if match else ""
