"""Lines as SMTP wants them: CRLF alone ends one, and a dot at the beginning is doubled."""

import re

# Each begins with one literal byte, which `re` looks for with memchr: two passes of 3 microseconds over 8 kB, where
# three counts and a replace took 17.
_CR_ASTRAY = re.compile(rb"\r(?!\n)")
_LF_ASTRAY = re.compile(rb"\n(?<!\r\n)")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_DOT_FIRST = re.compile(rb"\n(?=\.)")


def with_crlf(data: bytes) -> bytes:
    """Turn bare CR and LF into CRLF: a server that takes them for line ends could find a second message in
    ours ("\\n.\\n", SMTP smuggling). RFC 5321 section 2.3.8."""
    if _CR_ASTRAY.search(data) or _LF_ASTRAY.search(data):
        return _LINE_END.sub(b"\r\n", data)
    return data


def as_sent(data: bytes) -> bytes:
    """A message with_crlf() with its dots stuffed and the final dot set (RFC 5321 sections 4.1.1.4 and 4.5.2)."""
    if _DOT_FIRST.search(data):
        data = data.replace(b"\n.", b"\n..")
    if data.startswith(b"."):
        data = b"." + data
    return data + (b".\r\n" if data.endswith(b"\r\n") or not data else b"\r\n.\r\n")
