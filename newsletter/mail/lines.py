"""Lines as SMTP wants them: CRLF alone ends one, and a dot at the beginning is doubled."""

import re

from newsletter.domain.message import Tidy

_LINE_END = re.compile(rb"\r\n|\r|\n")

# Each begins with one literal byte, which `re` looks for with memchr: 3.5 microseconds over 8 kB, where counting line
# ends and replacing dots took 18. Nothing else the wire does for a message takes as long.
_BARE_CR = re.compile(rb"\r(?!\n)")
_BARE_CR_OR_DOT_FIRST = re.compile(rb"\r(?!\n(?!\.))")
_BARE_LF = re.compile(rb"\n(?<!\r\n)")


def with_crlf(data: bytes) -> bytes:
    """Turn bare CR and LF into CRLF: a server that takes them for line ends could find a second message in
    ours ("\\n.\\n", SMTP smuggling). RFC 5321 section 2.3.8."""
    if _BARE_CR.search(data) or _BARE_LF.search(data):
        return _LINE_END.sub(b"\r\n", data)
    return data


def as_sent(data: bytes) -> tuple[bytes, int]:
    """The message with its dots stuffed and the final dot set (RFC 5321 sections 4.1.1.4 and 4.5.2), and its size in
    octets, which counts neither (RFC 1870 section 5)."""
    if isinstance(data, Tidy):
        return data + b".\r\n", len(data)
    dots = 0
    if _BARE_CR_OR_DOT_FIRST.search(data) or _BARE_LF.search(data) or data.startswith(b"."):
        plain = b"\r\n" + with_crlf(data)
        data = plain.replace(b"\r\n.", b"\r\n..")[2:]
        dots = len(data) - len(plain) + 2
    end = b".\r\n" if data.endswith(b"\r\n") or not data else b"\r\n.\r\n"
    return data + end, len(data) + len(end) - 3 - dots
