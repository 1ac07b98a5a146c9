"""A server's replies, read out of its bytes however they come."""

# RFC 5321 section 4.5.3.1.5 allows 512 octets a reply line; some servers write more. The bounds only stop
# a server that never ends.
LONGEST_LINE = 4096
MOST_LINES = 100

Reply = tuple[int, bytes]
"""A code, and the text after it; the lines of a longer reply are joined by LF (RFC 5321 section 4.2)."""

_CODES = {b"%d" % code: code for code in range(200, 600)}


class Broken(Exception):  # noqa: N818  (a state of the connection, not a defect)
    """This conversation cannot go on: lost, silent for too long, or out of step."""


class Reader:
    """Takes bytes, gives replies. It keeps what is not yet a whole one."""

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[bytes] = []
        self._code = 0

    @property
    def in_the_middle(self) -> bool:
        """Whether a reply has begun that has not ended yet."""
        return bool(self._rest or self._lines)

    def feed(self, data: bytes) -> list[Reply]:
        """The replies that these bytes complete. Raises Broken for what is no SMTP, or has no end."""
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        replies = []
        for line in lines:
            code = _CODES.get(line[:3])
            mark = line[3:4]
            if code is None or len(line) > LONGEST_LINE:
                raise Broken("its reply is not SMTP")
            if mark == b" " and not self._lines:
                replies.append((code, line[4:].rstrip(b"\r")))
            elif whole := self._add(code, mark, line[4:].rstrip(b"\r")):
                replies.append(whole)
        if len(self._rest) > LONGEST_LINE:
            raise Broken("its reply has a line without end")
        return replies

    def _add(self, code: int, mark: bytes, text: bytes) -> Reply | None:
        """One line of a reply of several, or one of an unusual form: a code and nothing else."""
        if mark not in (b" ", b"-", b"\r", b""):
            raise Broken("its reply is not SMTP")
        if self._lines and code != self._code:
            raise Broken("the lines of its reply disagree")
        if len(self._lines) >= MOST_LINES:
            raise Broken("its reply has no end")
        self._code = code
        self._lines.append(text)
        if mark == b"-":
            return None
        whole = b"\n".join(self._lines)
        self._lines = []
        return code, whole


def words(text: bytes) -> str:
    """What a reply said, in one line."""
    return text.decode("utf-8", "replace").replace("\n", " ")


def features(text: bytes) -> dict[str, str]:
    """A reply to EHLO as what the server offers: keyword -> parameters (RFC 5321 section 4.1.1.1)."""
    lines = text.decode("utf-8", "replace").split("\n")[1:]
    pairs = (line.replace("=", " ", 1).partition(" ") for line in lines)  # some write "AUTH=PLAIN"
    return {word.upper(): rest for word, _, rest in pairs}
