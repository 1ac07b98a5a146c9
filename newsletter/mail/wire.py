"""Bytes to and from one server: replies read within a deadline and a bound, and nothing read that was not asked for."""

import re
import select
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass

Clock = Callable[[], float]

# RFC 5321 section 4.5.3.1.5 allows 512 octets a reply line; some servers write more. The bounds only stop
# a server that never ends.
LONGEST_LINE = 4096
MOST_LINES = 100

_REPLY = re.compile(r"([2-5]\d\d)(?:([ -])(.*))?", re.DOTALL)


class Broken(Exception):  # noqa: N818  (a state of the connection, not a defect)
    """This connection cannot be used any further: lost, silent for too long, or out of step."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered: its code, and the text of its lines (RFC 5321 section 4.2)."""

    code: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """All that it said."""
        return " ".join(self.lines)

    @property
    def features(self) -> dict[str, str]:
        """A reply to EHLO read as what the server offers: keyword -> parameters (RFC 5321 section 4.1.1.1)."""
        words = (line.replace("=", " ", 1).partition(" ") for line in self.lines[1:])  # some write "AUTH=PLAIN"
        return {word.upper(): rest for word, _, rest in words}

    @property
    def positive(self) -> bool:
        """Whether the command was carried out (2xx)."""
        return 200 <= self.code < 300

    def __str__(self) -> str:
        return f"{self.code} {self.text}".strip()


class Wire:
    """One socket. Every method raises Broken when the conversation cannot go on; times are in seconds."""

    def __init__(self, sock: socket.socket, clock: Clock) -> None:
        self._sock = sock
        self._clock = clock
        self._unread = bytearray()

    @property
    def local_address(self) -> str:
        """Our own end's IP address."""
        return str(self._sock.getsockname()[0])

    def start_tls(self, context: ssl.SSLContext, host: str, timeout: float) -> None:
        """Turn the connection into TLS with a verified certificate for `host`.

        Bytes that came before the handshake were not protected and are refused (CVE-2011-0411).
        """
        if self._unread:
            raise Broken("it sent more than its reply to STARTTLS; somebody may be in between")
        try:
            self._sock.settimeout(timeout)
            self._sock = context.wrap_socket(self._sock, server_hostname=host)
        except ssl.SSLCertVerificationError as error:
            raise Broken(f"its certificate is not valid: {error.verify_message}") from error
        except TimeoutError as error:
            raise Broken(f"no TLS handshake within {timeout:g} s") from error
        except OSError as error:
            raise Broken(f"the TLS handshake failed: {_plain(error)}") from error

    def send(self, data: bytes, timeout: float) -> None:
        """Write everything. Refused while something unasked waits to be read: it would pass for the answer."""
        if self._unread:
            raise Broken("it spoke out of turn")
        try:
            self._sock.settimeout(timeout)
            self._sock.sendall(data)
        except TimeoutError as error:
            raise Broken(f"it took no bytes for {timeout:g} s") from error
        except OSError as error:
            raise Broken(f"the connection was lost: {_plain(error)}") from error

    def reply(self, timeout: float) -> Reply:
        """Read one whole reply; `timeout` is for all of it, so that a dripping server gains nothing."""
        deadline = self._clock() + timeout
        texts: list[str] = []
        codes: set[str] = set()
        while len(texts) < MOST_LINES:
            line = self._line(deadline, timeout)
            match = _REPLY.fullmatch(line)
            if not match:
                raise Broken("its reply is not SMTP")
            codes.add(match[1])
            texts.append(match[3] or "")
            if match[2] != "-":
                if len(codes) > 1:
                    raise Broken("the lines of its reply disagree")
                return Reply(int(match[1]), tuple(texts))
        raise Broken("its reply has no end")

    def is_quiet(self) -> bool:
        """Whether nothing unasked has come, an end of the connection included."""
        if self._unread or (isinstance(self._sock, ssl.SSLSocket) and self._sock.pending()):
            return False
        poll = select.poll()
        poll.register(self._sock, select.POLLIN)
        return not poll.poll(0)

    def close(self) -> None:
        """Let go at once, whatever may still come."""
        self._sock.close()

    def _line(self, deadline: float, timeout: float) -> str:
        while (end := self._unread.find(b"\n")) < 0:
            if len(self._unread) > LONGEST_LINE:
                raise Broken("its reply has a line without end")
            self._unread += self._more(deadline, timeout)
        line = bytes(self._unread[:end]).rstrip(b"\r")
        del self._unread[: end + 1]
        return line.decode("utf-8", "replace")

    def _more(self, deadline: float, timeout: float) -> bytes:
        left = deadline - self._clock()
        try:
            if left <= 0:
                raise TimeoutError
            self._sock.settimeout(left)
            data = self._sock.recv(LONGEST_LINE)
        except TimeoutError as error:
            raise Broken(f"no reply within {timeout:g} s") from error
        except OSError as error:
            raise Broken(f"the connection was lost: {_plain(error)}") from error
        if not data:
            raise Broken("the connection was closed")
        return data


def dial(host: str, port: int, timeout: float, clock: Clock) -> Wire:
    """Open a TCP connection. Raises Broken."""
    try:
        sock = socket.create_connection((host, port), timeout)
    except TimeoutError as error:
        raise Broken(f"no connection within {timeout:g} s") from error
    except OSError as error:
        raise Broken(f"no connection: {_plain(error)}") from error
    # Commands and the message are each written at once; Nagle would only hold back the second of two.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Wire(sock, clock)


def _plain(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or "TLS error").replace("_", " ").lower()
    return (error.strerror or type(error).__name__).lower()
