"""An email address, judged and normalised once, at the door."""

import unicodedata
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email


class AddressError(ValueError):
    """An address that cannot be used; the message is a sentence for the person who typed it."""


@dataclass(frozen=True, slots=True)
class Address:
    """An address as typed (mail goes there) and its comparable form (it is looked up by that)."""

    typed: str
    comparable: str


def parse(text: str) -> Address:
    """Read an address that someone typed.

    The comparable form is NFC, trimmed, with a lower-cased local part and the domain's A-label; dots and
    plus-tags stay, for only the receiving domain knows what they mean (RFC 5321 section 2.3.11).
    Raises AddressError with a clear sentence. No DNS is asked: that would tell a resolver who subscribes.
    """
    typed = unicodedata.normalize("NFC", text.strip())
    if not typed:
        raise AddressError("Please enter your email address.")
    if len(typed) > 254:
        raise AddressError("This address is too long to be an email address. Please check it.")
    try:
        # strict: a local part has at most 64 octets (RFC 5321 section 4.5.3.1.1), and servers hold to it.
        found = validate_email(
            typed, check_deliverability=False, allow_smtputf8=True, allow_display_name=False, strict=True
        )
    except EmailNotValidError:
        raise AddressError("This does not look like an email address. Please check it.") from None
    if not found.local_part.isascii():
        raise AddressError(
            "We cannot write to addresses with special letters before the @ yet. Please use another address."
        )
    return Address(
        typed=f"{found.local_part}@{found.domain}",
        comparable=f"{found.local_part.lower()}@{found.ascii_domain.lower()}",
    )


def on_the_wire(typed: str) -> str:
    """An address as SMTP takes it without SMTPUTF8: the local part as typed, the domain as its A-label."""
    if typed.isascii() and typed.islower():  # judged at the door, and this is asked for every message
        return typed
    local, _, domain = typed.rpartition("@")
    if typed.isascii():
        return f"{local}@{domain.lower()}"
    return f"{local}@{parse(typed).comparable.rpartition('@')[2]}"


def mask(address: str) -> str:
    """An address that can be shown without telling it: `maria@example.org` becomes `m…@e….org`."""
    local, _, domain = address.partition("@")
    name, _, ending = domain.rpartition(".")
    return f"{local[:1]}…@{name[:1]}….{ending}"
