"""A message made ready for one server: commands that cannot be misread, within what the server takes."""

import re
from typing import NamedTuple

from newsletter.domain.message import Outgoing, Tidy
from newsletter.mail.lines import as_sent
from newsletter.mail.replies import Verdict, refused_here

# Printable ASCII without space, < and >: nothing that could end a path or a command (RFC 5321 section 4.1.2).
# SMTPUTF8 is never asked for, so a non-ASCII address has no way onto the wire.
_PATH = re.compile(r"[!-;=?-~]{1,254}")


class Offer(NamedTuple):
    """What a server said of itself in its reply to EHLO. `largest` is in octets; 0: it names no limit."""

    pipelining: bool = False
    eight_bit: bool = False
    sizes: bool = False
    largest: int = 0


class Ready(NamedTuple):
    """What goes on the wire for one message: two commands with their line ends, and the body with its final dot."""

    mail: str
    rcpt: str
    body: bytes


NOTHING = Ready("", "", b"")


def read_offer(features: dict[str, str]) -> Offer:
    """The extensions that matter here: RFC 2920, 6152 and 1870."""
    limit = features.get("SIZE", "").strip()
    largest = int(limit) if limit.isdecimal() and len(limit) <= 20 else 0
    return Offer("PIPELINING" in features, "8BITMIME" in features, "SIZE" in features, largest)


def make_ready(message: Outgoing, offer: Offer) -> Ready | Verdict:
    """The message as this server takes it, or the verdict why it must not reach the wire."""
    _, _, sender, reader, data = message
    if not (_PATH.fullmatch(sender or "null") and _PATH.fullmatch(reader)):
        return refused_here("Not sent: an address of the envelope cannot stand in an SMTP command.")
    body, size = as_sent(data)
    options = ""
    if offer.sizes:
        if 0 < offer.largest < size:
            return refused_here(f"Not sent: {size} bytes, and the relay takes at most {offer.largest}.")
        options = f" SIZE={size}"
    if not (isinstance(data, Tidy) or body.isascii()):
        if not offer.eight_bit:
            return refused_here("Not sent: it has bytes above 127, and the relay takes no 8BITMIME.")
        options += " BODY=8BITMIME"
    return Ready(f"MAIL FROM:<{sender}>{options}\r\n", f"RCPT TO:<{reader}>\r\n", body)
