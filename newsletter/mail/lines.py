"""Lines as SMTP wants them: CRLF alone ends one, and a dot at the beginning is doubled."""

import re

_LINE_END = re.compile(rb"\r\n|\r|\n")


def with_crlf(data: bytes) -> bytes:
    """Turn bare CR and LF into CRLF: a server that takes them for line ends could find a second message in
    ours ("\\n.\\n", SMTP smuggling). RFC 5321 section 2.3.8."""
    ends = data.count(b"\r\n")
    if ends == data.count(b"\n") == data.count(b"\r"):
        return data
    return _LINE_END.sub(b"\r\n", data)


def as_sent(data: bytes) -> bytes:
    """The message with its dots stuffed and the final dot set (RFC 5321 sections 4.1.1.4 and 4.5.2)."""
    data = with_crlf(data)
    if data.startswith(b"."):
        data = b"." + data
    end = b".\r\n" if data.endswith(b"\r\n") or not data else b"\r\n.\r\n"
    return data.replace(b"\r\n.", b"\r\n..") + end
