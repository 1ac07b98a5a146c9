"""The fields of a letter's head, with every one that a bulk sender owes (RFC 5322, 2047, 2369, 2919, 8058).

Written by hand: EmailMessage turns a List-Unsubscribe token of 78 characters into an encoded word, which mail
clients do not decode, and one-click unsubscription breaks.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from email.charset import Charset
from email.header import Header
from email.utils import format_datetime
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from newsletter.content.lines import one_line
from newsletter.domain.message import Headers, Mailbox

LONGEST_LINE = 998
"""Octets of a line without its CRLF (RFC 5322 section 2.1.1)."""

FOLD_AT = 76
_NEXT_ROW = "\r\n "
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_ATOMS = re.compile(rf"{_ATOM}(?: {_ATOM})*")
_MESSAGE_ID = re.compile(rf"<?({_ATOM}(?:\.{_ATOM})*@[A-Za-z0-9.-]+)>?")
_URI = re.compile(r"(?:https?|mailto):[!-;=?-~]+")
_LIST_ID = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+")
_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,75}")
_VISIBLE = re.compile(r"[ -~]*")
_ENCODED_WORD = re.compile(r"=\?.*\?=")
_UTF_8 = Charset("utf-8")
_OURS = frozenset(
    (
        *("from", "to", "cc", "bcc", "sender", "reply-to", "subject", "date", "message-id", "return-path"),
        *("mime-version", "content-type", "content-transfer-encoding"),
        *("list-id", "list-unsubscribe", "list-unsubscribe-post", "auto-submitted", "feedback-id"),
    )
)


class HeaderError(ValueError):
    """A header value that cannot go on the wire as it is and that cleaning would falsify."""


def shared(headers: Headers) -> list[tuple[str, str]]:
    """The fields that are the same in every copy of a letter, in their order; raises HeaderError.

    Left out is From, which stands above, and what is one reader's own: `date`, `to`, `subject` and so on.
    """
    fields: list[tuple[str, str]] = []
    if headers.reply_to is not None:
        fields.append(("Reply-To", _mailbox("Reply-To", headers.reply_to)))
    if headers.list_id:
        fields.append(("List-Id", f"<{_matching(_LIST_ID, headers.list_id.strip('<>'), 'list id')}>"))  # RFC 2919
    if headers.list_id and headers.list_unsubscribe and headers.one_click:
        fields.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))  # RFC 8058 section 3.1
    if headers.auto_submitted:
        fields.append(("Auto-Submitted", "auto-generated"))
    if headers.feedback_id:
        fields.append(("Feedback-ID", _matching(_VISIBLE, headers.feedback_id, "feedback id")))
    return fields + [_extra(name, value) for name, value in headers.extra]


def sender(mailbox: Mailbox) -> str:
    """The value of From."""
    return _mailbox("From", mailbox)


@lru_cache(maxsize=8)
def date(moment: datetime) -> str:
    """The value of Date; the letters of one batch share it."""
    return format_datetime(moment)


def to(reader: Mailbox) -> str:
    """The value of To."""
    return _mailbox("To", reader)


def display_name(name: str) -> str:
    """A name of one line as it stands in To, the part of its value that comes again with the name."""
    return _display("To", name) if name else ""


def to_beside(display: str, address: str) -> str:
    """The value of To, from what `display_name` made of the reader's name."""
    return _beside("To", display, _address(address))


def subject(words: str) -> str:
    """The value of Subject."""
    return _words("Subject", words)


def message_id(identity: str) -> str:
    """The value of Message-ID, from an id with or without its angle brackets."""
    return f"<{_matching(_MESSAGE_ID, identity, 'message id')}>"


def list_unsubscribe(links: Sequence[str]) -> str:
    """The value of List-Unsubscribe (RFC 2369), one link a row."""
    return f",{_NEXT_ROW}".join([f"<{_matching(_URI, link, 'unsubscribe link')}>" for link in links])


def can_be_added(name: str, value: str) -> bool:
    """Whether a header can stand in every mail beside our own. One that cannot would fail them all."""
    try:
        _extra(name, value)
    except HeaderError:
        return False
    return bool(value)


def _extra(name: str, value: str) -> tuple[str, str]:
    _matching(_FIELD_NAME, name, "header name")
    if name.lower() in _OURS:
        raise HeaderError(f"The header {name} is ours to write.")
    return name, _matching(_VISIBLE, value, f"value of {name}")


def _matching(pattern: re.Pattern[str], value: str, what: str) -> str:
    match = pattern.fullmatch(value)
    if match is None or len(value) > LONGEST_LINE - 80:
        raise HeaderError(f"This {what} cannot stand in a header: {value[:80]!r}")
    return match.group(match.lastindex or 0)


def _mailbox(field: str, mailbox: Mailbox) -> str:
    name = one_line(mailbox.name)
    return _beside(field, _display(field, name) if name else "", _address(mailbox.address))


def _display(field: str, name: str) -> str:
    if "=?" in name:  # between quotes it would be plain words (RFC 2047 section 5), but not every reader knows that
        return _encoded(field, name)
    return _quoted(field, name) if _needs_quotes(name) else _words(field, name)


def _beside(field: str, display: str, address: str) -> str:
    if not display:
        return address
    last_row = display.rpartition("\n")[2]
    fits = len(field) + 2 + len(last_row) + 3 + len(address) <= FOLD_AT
    return f"{display}{' ' if fits else _NEXT_ROW}<{address}>"


def _needs_quotes(name: str) -> bool:
    """Whether an ASCII name holds specials (RFC 5322 section 3.2.3)."""
    return name.isascii() and not _ATOMS.fullmatch(name) and not _ENCODED_WORD.search(name)


def _quoted(field: str, name: str) -> str:
    if len(name) >= FOLD_AT // 2:  # where a quoted string may be folded, readers disagree
        return _encoded(field, name)
    escaped = re.sub(r'(["\\])', r"\\\1", name)
    return f'"{escaped}"'


def _address(address: str) -> str:
    if len(address) <= LONGEST_LINE - 80 and _ADDRESS.fullmatch(address):  # most: a third of the time
        return address
    local, at, domain = address.rpartition("@")
    return _matching(_ADDRESS, f"{local}{at}{domain if domain.isascii() else _a_label(domain)}", "address")


@lru_cache(maxsize=1024)
def _a_label(domain: str) -> str:
    """A domain as it stands in the DNS (RFC 5891)."""
    try:
        found = validate_email(f"a@{domain}", check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise HeaderError(f"This domain is not one: {domain[:80]!r}") from None
    return found.ascii_domain


def _words(field: str, words: str) -> str:
    """Words as they stand, folded at spaces, or as encoded words where they must be."""
    line = one_line(words)
    if line.isascii() and len(field) + 2 + len(line) <= FOLD_AT and "=?" not in line:
        return line
    short = max(map(len, line.split()), default=0) < FOLD_AT - len(field)
    if line.isascii() and short and not _ENCODED_WORD.search(line):
        return _folded(line, len(field) + 2)
    return _encoded(field, line)


@lru_cache(maxsize=4096)  # email.header takes a tenth of a millisecond, and names come again
def _encoded(field: str, line: str) -> str:
    """Encoded words of at most 75 characters each (RFC 2047 section 2)."""
    if len(line) < FOLD_AT // 2:
        word = _UTF_8.header_encode(line)  # what Header makes of it too, in a fourth of the time
        if len(field) + 2 + len(word) < FOLD_AT:
            return word
    return Header(line, "utf-8", maxlinelen=FOLD_AT - 1, header_name=field).encode(linesep="\r\n")


def _folded(line: str, used: int) -> str:
    rows, row = [], ""
    for word in line.split(" "):
        if row and used + len(row) + 1 + len(word) > FOLD_AT:
            rows.append(row)
            row, used = word, 1
        else:
            row = f"{row} {word}" if row else word
    return _NEXT_ROW.join([*rows, row])
