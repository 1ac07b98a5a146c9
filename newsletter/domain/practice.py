"""What an owner says of the practice: the fields, what may stand in each, and what they need of one another.

The environment and the studio are held to the same rules. A rule answers with the end of a sentence that begins
with the field's name ("holds control characters. Please take them out."), empty when all is well.
"""

import re
from collections.abc import Callable, Mapping
from email.utils import parseaddr
from urllib.parse import urlsplit

from newsletter.domain import colour
from newsletter.domain.address import AddressError, parse
from newsletter.domain.message import Mailbox
from newsletter.domain.telling import wrong_words

VARIABLES = {
    "practice_name": "NEWSLETTER_PRACTICE_NAME",
    "sender_name": "NEWSLETTER_SENDER",
    "sender_address": "NEWSLETTER_SENDER",
    "reply_to": "NEWSLETTER_REPLY_TO",
    "postal_address": "NEWSLETTER_POSTAL_ADDRESS",
    "accent": "NEWSLETTER_ACCENT",
    "call_to_action": "NEWSLETTER_CALL_TO_ACTION",
    "call_to_action_url": "NEWSLETTER_CALL_TO_ACTION_URL",
    "care_line": "NEWSLETTER_CARE_LINE",
    "telling_words": "NEWSLETTER_TELLING_WORDS",
}
"""Every field, and the variable that holds it when the environment does."""

LONGEST = {
    "practice_name": 120,
    "sender_name": 120,
    "sender_address": 254,
    "reply_to": 380,
    "postal_address": 500,
    "accent": 7,
    "call_to_action": 120,
    "call_to_action_url": 1000,
    "care_line": 500,
    "telling_words": 1000,
}
"""In characters."""

DEFAULT_SENDER = Mailbox("letters@example.org", "Letters")
"""Who writes while nobody has said who does; mail does not leave this machine then."""

_CONTROL = "holds control characters. Please take them out."
_NOBODY_READS = re.compile(r"(?:no|do-?not|dont)[-_.]?reply", re.IGNORECASE)


def wrong(field: str, value: str) -> str:
    """What is wrong with one field's value by itself; empty when nothing is, as with an empty value."""
    if not value:
        return ""
    if not _is_plain(value, many_lines=field == "postal_address"):
        return _CONTROL
    if len(value) > LONGEST[field]:
        return f"is longer than {LONGEST[field]} characters. Please shorten it."
    return _RULES.get(field, _anything)(value)


def wrong_together(values: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with fields that need one another, by field."""
    if values.get("call_to_action") and not values.get("call_to_action_url"):
        return {"call_to_action_url": "is needed: a call to action leads somewhere, to an https:// address."}
    return {}


def read_mailbox(text: str) -> Mailbox:
    """A mailbox from "Name <address>" or an address. Raises AddressError."""
    name, address = parseaddr(text)
    return Mailbox(parse(address).typed, name)


def wrong_mailbox(text: str) -> str:
    """What is wrong with "Name <address>" or an address."""
    if not text.isprintable():
        return _CONTROL
    try:
        address = read_mailbox(text).address
    except AddressError:
        return "must be an address, or “Name <address>”."
    return _UNREAD if nobody_reads(address) else ""


def nobody_reads(address: str) -> bool:
    """Whether an address calls itself one that nobody reads, such as no-reply@example.org."""
    return bool(_NOBODY_READS.match(address))


_UNREAD = "must be a mailbox that somebody reads: people answer these letters."


def _wrong_address(text: str) -> str:
    try:
        address = parse(text).typed
    except AddressError:
        return "must be an address, such as letters@example.org."
    return _UNREAD if nobody_reads(address) else ""


def _wrong_link(text: str) -> str:
    parts = urlsplit(text) if "://" in text else None
    if parts is None or parts.scheme != "https" or not parts.hostname or " " in text:
        return "must be an https:// address."
    return ""


def _wrong_accent(text: str) -> str:
    accent = colour.read(text)
    if accent is None:
        return "must be a colour such as #1f6f6b."
    measured = colour.against_its_worst(accent, colour.LIGHT)
    if measured >= colour.READABLE:
        return ""
    shade = colour.nearest_readable(accent, colour.LIGHT)
    return (
        f"has a contrast of {_floored(measured)} : 1 with our paper and with the text on buttons, and text needs"
        f" {colour.READABLE} : 1. The nearest shade that passes is {shade}."
    )


def _floored(ratio: float) -> str:
    return f"{int(ratio * 10) / 10:.1f}"  # rounded up, 4.46 would look like enough


def _anything(_value: str) -> str:
    return ""


_RULES: dict[str, Callable[[str], str]] = {
    "sender_address": _wrong_address,
    "reply_to": wrong_mailbox,
    "accent": _wrong_accent,
    "call_to_action_url": _wrong_link,
    "telling_words": wrong_words,
}


def _is_plain(text: str, *, many_lines: bool) -> bool:
    return all(each.isprintable() or (many_lines and each == "\n") for each in text)
