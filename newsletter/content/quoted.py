"""Text as quoted-printable (RFC 2045 section 6.7), in one piece or in pieces that are joined later.

An encoder that counts columns through the whole text would have to begin anew behind every value that differs.
So a piece that goes on ends with a soft line break: what follows begins in the first column, whatever stood before,
and is encoded once for all readers.
"""

from binascii import b2a_qp

SOFT_BREAK = b"=\r\n"
_MORE = "x"
_ROW = 75
"""Characters of a row beside the "=" of a soft line break."""


def quoted(text: str) -> bytes:
    """A text, or its last piece: rows of at most 76 characters, ended by CRLF where the text has LF."""
    return b2a_qp(text.encode("utf-8"), istext=True).replace(b"\n", b"\r\n")


def quoted_before_more(text: str) -> bytes:
    """A piece after which the text goes on: it ends where a row ends. Nothing stays nothing."""
    if not text or text.endswith("\n"):
        return quoted(text)
    if len(text) <= 2 * _ROW and text.isascii() and text.isprintable() and "=" not in text:
        # Links and most names stand as they are: half the time.
        rows = text if len(text) <= _ROW else f"{text[:_ROW]}=\r\n{text[_ROW:]}"
        return f"{rows}=\r\n".encode("ascii")
    # With a letter behind it the encoder keeps room for the "=" of a soft break, and a space need not be encoded.
    coded = quoted(text + _MORE)[: -len(_MORE)]
    return coded if coded.endswith(SOFT_BREAK) else coded + SOFT_BREAK
