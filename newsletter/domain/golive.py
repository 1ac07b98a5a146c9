"""The lights on the way to going live: what stands, what does not yet, and the next step for each."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import urlsplit

from newsletter.domain.delivery import OPEN, State
from newsletter.domain.message import Mailbox
from newsletter.domain.practice import DEFAULT_SENDER


class Glow(StrEnum):
    """How a light shines; the words that stand beside it."""

    READY = "ready"
    NEXT = "to do"
    WRONG = "not working"
    WAITING = "on its way"
    UNCHECKED = "not checked yet"
    UNKNOWN = "could not look it up"


@dataclass(frozen=True, slots=True)
class DnsRecord:
    """A TXT record to publish: what it is for, where it stands, what it says."""

    purpose: str
    host: str
    value: str
    glow: Glow = Glow.UNCHECKED
    note: str = ""


@dataclass(frozen=True, slots=True)
class Light:
    """One thing that must stand. `sentence` says what is true and names the next step; `at` is when we looked."""

    name: str
    title: str
    glow: Glow
    sentence: str
    is_essential: bool = False
    at: datetime | None = None
    records: tuple[DnsRecord, ...] = ()

    @property
    def is_dark(self) -> bool:
        """Whether an essential thing does not stand."""
        return self.is_essential and self.glow is not Glow.READY


FREE_MAIL = frozenset(
    {
        *("gmail.com", "googlemail.com", "yahoo.com", "outlook.com", "hotmail.com", "live.com", "aol.com"),
        *("icloud.com", "gmx.de", "gmx.net", "web.de", "t-online.de", "proton.me", "protonmail.com"),
    }
)
"""Domains of big mailboxes: their DMARC policy refuses letters in their name that they did not send themselves."""


def is_public_https(base_url: str) -> bool:
    """Whether readers anywhere can open links that begin so, and nobody reads along."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    try:
        is_public = ip_address(host).is_global
    except ValueError:
        is_public = "." in host and not host.endswith((".local", ".localhost", ".internal"))
    return parts.scheme == "https" and is_public


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its name or its address (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3)."""
    try:
        address = ip_address(host)
    except ValueError:
        return host.lower() == "localhost"
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def https(base_url: str, *, mail_leaves: bool, came_securely: bool | None = None) -> Light:
    """Whether links lead to a public https address. `came_securely`: how the request for the page came, if one did."""
    if not is_public_https(base_url):
        sentence = (
            f"Links begin with {base_url}, which readers cannot open. Put a web server with a certificate in front,"
            " set NEWSLETTER_BASE_URL to your public https:// address, and start again."
        )
        return Light("https", "HTTPS", Glow.NEXT, sentence, mail_leaves)
    if came_securely is False:
        sentence = (
            f"Links begin with {base_url}, but this page did not reach us over HTTPS as far as we can tell. If a web"
            " server stands in front, set NEWSLETTER_TRUSTED_PROXIES=1 and start again."
        )
        return Light("https", "HTTPS", Glow.NEXT, sentence, mail_leaves)
    return Light("https", "HTTPS", Glow.READY, f"Every link begins with {base_url}.", mail_leaves)


def smtp(relay: str, *, at: datetime | None, trouble: str) -> Light:
    """Whether the relay (host:port, empty: none) let us in when we knocked last, at `at`."""
    if not relay:
        sentence = (
            "Mail stays in the inbox on this machine. Set NEWSLETTER_SMTP_URL to your mail provider’s server,"
            " such as smtp://mail.example.org:587, and start again."
        )
        return Light("smtp", "Mail server", Glow.NEXT, sentence)
    if at is None:
        return Light("smtp", "Mail server", Glow.UNCHECKED, f"Press “Check now” to knock at {relay}.", True)
    if trouble:
        sentence = f"{trouble} Check NEWSLETTER_SMTP_URL, its user and its password."
        return Light("smtp", "Mail server", Glow.WRONG, sentence, True, at)
    return Light("smtp", "Mail server", Glow.READY, f"{relay} lets us in; nothing was sent.", True, at)


def sender(mailbox: Mailbox, dkim_domain: str, *, mail_leaves: bool) -> Light:
    """Whether letters come from an address of the owner's that our signature speaks for."""

    def light(glow: Glow, sentence: str) -> Light:
        return Light("sender", "Sender", glow, sentence, mail_leaves)

    domain = mailbox.address.rpartition("@")[2].lower()
    if mailbox == DEFAULT_SENDER:
        return light(Glow.NEXT, "Nobody is named as the sender yet. Say who writes, on the page of the practice.")
    if domain in FREE_MAIL:
        sentence = f"Big inboxes refuse letters from {domain} that {domain} did not send. Use an address of your own."
        return light(Glow.WRONG, sentence)
    if dkim_domain and not are_aligned(domain, dkim_domain):
        sentence = f"Letters come from {domain} and are signed for {dkim_domain}. Make the two one domain."
        return light(Glow.WRONG, sentence)
    if dkim_domain:
        return light(Glow.READY, f"Letters come from {mailbox.address}, and we sign for that domain.")
    return light(Glow.READY, f"Letters come from {mailbox.address}. Your mail provider has to sign them.")


def are_aligned(domain: str, signed: str) -> bool:
    """Whether a DKIM domain speaks for a sender's domain: the same, or one within the other (RFC 7489 3.1.1, relaxed).

    Two sisters under one registered domain would be aligned too; telling them needs the list of public suffixes.
    """
    one, other = f".{domain.lower()}", f".{signed.lower()}"
    return one.endswith(other) or other.endswith(one)


def postal_address(text: str, *, mail_leaves: bool) -> Light:
    """Whether letters say where the practice is."""
    if text.strip():
        return Light("postal_address", "Postal address", Glow.READY, "It stands under every letter.", mail_leaves)
    sentence = "The law asks for one under every letter. Write it down on the page of the practice."
    return Light("postal_address", "Postal address", Glow.NEXT, sentence, mail_leaves)


def test_letter(state: State | None, reply: str, *, at: datetime | None, relay: str, trouble: str) -> Light:
    """What became of the last test letter over the present road; `trouble` is what keeps the relay from taking it."""

    def light(glow: Glow, sentence: str) -> Light:
        return Light("test_letter", "Test letter", glow, sentence, at=at)

    if state is None:
        return light(Glow.NEXT, "Send yourself the welcome, and read it where you read your mail.")
    if state is State.SENT and not relay:
        return light(Glow.NEXT, "It is in the inbox on this machine. Send another when mail leaves it.")
    if state is State.SENT:
        return light(Glow.READY, "The mail server took it. See that it is in your inbox and not among the junk.")
    if state in OPEN:
        waits = trouble or reply
        return light(Glow.WAITING, f"It waits: {waits}" if waits else "It leaves within seconds. Load this page again.")
    return light(Glow.WRONG, f"It did not go: {reply or state.value}. Mend what that names, and send another.")
