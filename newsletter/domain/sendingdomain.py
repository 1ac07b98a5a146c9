"""What DNS has to say of a domain that sends letters: SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 7489)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from newsletter.domain.golive import DnsRecord, Glow, Light

_INCLUDES = {
    "amazonaws.com": "amazonses.com",
    "gmail.com": "_spf.google.com",
    "google.com": "_spf.google.com",
    "mailgun.org": "mailgun.org",
    "office365.com": "spf.protection.outlook.com",
    "postmarkapp.com": "spf.mtasv.net",
    "sendgrid.net": "sendgrid.net",
}
"""By the end of a relay's name, what its users include."""


@dataclass(frozen=True, slots=True)
class SendingDomain:
    """Who sends: the sender's domain (A-label) and address, the relay's host, and our DKIM key if we have one."""

    domain: str
    address: str
    relay_host: str = ""
    dkim_domain: str = ""
    dkim_selector: str = ""
    dkim_value: str = ""
    second_selector: str = ""
    second_value: str = ""
    """Those of our second key, if we sign with two."""

    @property
    def dkim_host(self) -> str:
        """Where our key is published."""
        return f"{self.dkim_selector or 's1'}._domainkey.{self.dkim_domain or self.domain}"

    @property
    def second_host(self) -> str:
        """Where our second key is published; empty without one."""
        return f"{self.second_selector}._domainkey.{self.dkim_domain}" if self.second_value else ""

    def dmarc_hosts(self) -> list[str]:
        """Where a DMARC policy may stand: at the domain, or at one above it."""
        labels = self.domain.split(".")
        return ["_dmarc." + ".".join(labels[start:]) for start in range(max(1, len(labels) - 1))]


@dataclass(frozen=True, slots=True)
class Seen:
    """What DNS answered at a moment: the TXT records of each host asked; None when it could not be reached."""

    at: datetime
    texts: dict[str, tuple[str, ...]] | None

    def of(self, host: str) -> tuple[str, ...]:
        """The records of a host."""
        return (self.texts or {}).get(host, ())


def light(who: SendingDomain | None, seen: Seen | None, *, mail_leaves: bool) -> Light:
    """The light of the three records, with the values to copy; `who` is None while nobody is named as sender."""
    if who is None:
        sentence = "They belong to the sender’s domain. Say who writes first, on the page of the practice."
        return Light("dns", "SPF, DKIM and DMARC", Glow.NEXT, sentence)
    records = tuple(_judged(who, seen))
    missing = list(dict.fromkeys(one.purpose for one in records if one.glow is Glow.NEXT))
    wrong = [one for one in records if one.glow is Glow.WRONG]
    if seen is None:
        glow, sentence = Glow.UNCHECKED, "Press “Check now” to look them up."
    elif seen.texts is None:
        glow, sentence = Glow.UNKNOWN, "DNS did not answer from here. The values below hold all the same; check again."
    elif wrong:
        glow, sentence = Glow.WRONG, " ".join(one.note for one in wrong)
    elif missing:
        glow = Glow.NEXT
        sentence = (
            f"{_listed(missing)} for {who.domain}: copy what is below to where its DNS is kept, wait an hour, check."
        )
    else:
        glow, sentence = Glow.READY, f"All three are published for {who.domain}."
    blames_us = bool(wrong) or any(purpose != "DKIM" or who.dkim_value for purpose in missing)
    return Light(
        "dns", "SPF, DKIM and DMARC", glow, sentence, mail_leaves and blames_us, seen.at if seen else None, records
    )


def _judged(who: SendingDomain, seen: Seen | None) -> Iterator[DnsRecord]:
    second = [(DnsRecord("DKIM", who.second_host, who.second_value), [who.second_host])] if who.second_value else []
    for record, hosts in (
        (DnsRecord("SPF", who.domain, f"v=spf1 {_mechanism(who.relay_host)} ~all"), [who.domain]),
        (DnsRecord("DKIM", who.dkim_host, who.dkim_value or "v=DKIM1; k=rsa; p=<your public key>"), [who.dkim_host]),
        *second,
        (
            DnsRecord("DMARC", f"_dmarc.{who.domain}", f"v=DMARC1; p=none; rua=mailto:{who.address}"),
            who.dmarc_hosts(),
        ),
    ):
        if seen is None or seen.texts is None:
            yield record
            continue
        found = next((texts for host in hosts if (texts := _relevant(record.purpose, seen.of(host)))), ())
        yield _judge(record, found, who)


def _judge(record: DnsRecord, found: tuple[str, ...], who: SendingDomain) -> DnsRecord:
    if not found:
        return replace(record, glow=Glow.NEXT)
    if len(found) > 1 and record.purpose != "DKIM":
        note = (
            f"There are {len(found)} {record.purpose} records for {who.domain}, and inboxes then heed none: keep one."
        )
        return replace(record, glow=Glow.WRONG, note=note)
    if record.purpose == "DKIM" and who.dkim_value and _key(record.value) not in map(_key, found):
        note = f"At {record.host} stands another key than ours: publish the value below instead."
        return replace(record, glow=Glow.WRONG, note=note)
    return replace(record, glow=Glow.READY)


def _relevant(purpose: str, texts: tuple[str, ...]) -> tuple[str, ...]:
    match purpose:
        case "SPF":
            return tuple(text for text in texts if text.lower().split(" ")[0] == "v=spf1")
        case "DMARC":
            return tuple(text for text in texts if text.replace(" ", "").lower().startswith("v=dmarc1"))
    return tuple(text for text in texts if _key(text))


def _key(record: str) -> str:
    """The public key in a DKIM record; blanks in it mean nothing (RFC 6376 section 3.6.1)."""
    tags = dict(tag.strip().partition("=")[::2] for tag in record.split(";"))
    return "".join(tags.get("p", "").split())


def _mechanism(relay_host: str) -> str:
    for ending, include in _INCLUDES.items():
        if relay_host == ending or relay_host.endswith(f".{ending}"):
            return f"include:{include}"
    return f"a:{relay_host}" if relay_host else "include:<your mail provider’s name>"


def _listed(purposes: list[str]) -> str:
    *most, last = purposes
    return f"{', '.join(most)} and {last} are missing" if most else f"{last} is missing"
