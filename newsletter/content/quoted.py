"""Text as quoted-printable (RFC 2045 section 6.7), in one piece or in pieces that are joined later.

An encoder that counts columns through the whole text would have to begin anew behind every value that differs.
So a piece that goes on ends with a soft line break: what follows begins in the first column, whatever stood before,
and is encoded once for all readers.
"""

import re
from binascii import b2a_qp

SOFT_BREAK = b"=\r\n"
_MORE = "x"
_ROW = 75
"""Characters of a row beside the "=" of a soft line break."""


_DOTS_FIRST = re.compile(rb"^\.+", re.MULTILINE)
_DOTS_A_ROW = 20


def quoted(text: str) -> bytes:
    """A text, or its last piece: rows of at most 76 characters, ended by CRLF where the text has LF.

    None begins with a dot, so that the wire need not look for one in every copy (RFC 5321 section 4.5.2).
    """
    coded = b2a_qp(text.encode("utf-8"), istext=True)
    if b"\n." in coded or coded.startswith(b"."):
        coded = _DOTS_FIRST.sub(_written_out, coded)
    return coded.replace(b"\n", b"\r\n")


def _written_out(dots: re.Match[bytes]) -> bytes:
    """Dots as =2E, in rows of their own: with them the row might be too long."""
    many = len(dots[0])
    rows = [b"=2E" * min(_DOTS_A_ROW, many - at) for at in range(0, many, _DOTS_A_ROW)]
    return b"=\n".join(rows) + b"=\n"


def quoted_before_more(text: str) -> bytes:
    """A piece after which the text goes on: it ends where a row ends. Nothing stays nothing."""
    if not text or text.endswith("\n"):
        return quoted(text)
    is_plain = len(text) <= 2 * _ROW and text.isascii() and text.isprintable() and "=" not in text
    if is_plain and text[0] != "." and text[_ROW : _ROW + 1] != ".":
        # Links and most names stand as they are: half the time.
        rows = text if len(text) <= _ROW else f"{text[:_ROW]}=\r\n{text[_ROW:]}"
        return f"{rows}=\r\n".encode("ascii")
    # With a letter behind it the encoder keeps room for the "=" of a soft break, and a space need not be encoded.
    coded = quoted(text + _MORE)[: -len(_MORE)]
    return coded if coded.endswith(SOFT_BREAK) else coded + SOFT_BREAK
