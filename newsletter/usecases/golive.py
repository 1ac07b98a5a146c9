"""From the development inbox to the world: the lights on the way, and who waits when it begins."""

import json
from datetime import datetime
from typing import Any

from newsletter.domain import golive, sendingdomain
from newsletter.domain.address import on_the_wire
from newsletter.domain.delivery import State
from newsletter.domain.golive import Light
from newsletter.domain.practice import DEFAULT_SENDER
from newsletter.domain.sendingdomain import Seen, SendingDomain
from newsletter.mail import records
from newsletter.mail.records import DnsUnreachable
from newsletter.mail.transport import RelayUnavailable
from newsletter.store import deliveries, duties, relays, subscribers
from newsletter.store.engine import Transaction
from newsletter.usecases import testing
from newsletter.usecases.house import House

_MODE = "mail_mode"
_CAPTURED, _LEAVES = "captured", "leaves"
HELD_REASON = "joined before mail could leave"

_SMTP, _DNS, _TEST = "smtp_check", "dns_check", "test_letter"
"""Facts of this installation: what the last look found. Each names what it looked at, and counts for that alone."""


def note_mail_mode(house: House) -> int:
    """Remember whether mail leaves this machine. Returns how many people are held because that changed.

    When it begins to leave, everybody who joined while it was captured is held until the owner agrees: they
    may be trial addresses, and the real ones have not seen the letters that the ledger calls sent.
    """
    mode = _LEAVES if house.mail_leaves else _CAPTURED
    with house.store.transaction() as tx:
        before = duties.fact(tx, _MODE)
        if before == mode:
            return 0
        duties.remember(tx, _MODE, mode)
        if not (before == _CAPTURED and mode == _LEAVES):
            return 0
        deliveries.skip_urgent(tx, "captured before mail could leave", house.clock.machine())
        return subscribers.hold_all(tx, HELD_REASON)


def lights(house: House, tx: Transaction, *, came_securely: bool | None = None) -> list[Light]:
    """The six lights, from what is set and what the last look found; nobody is asked over the network."""
    head, way = house.letterhead, house.way_out
    return [
        golive.https(head.base_url, mail_leaves=house.mail_leaves, came_securely=came_securely),
        _smtp_light(house, tx),
        sendingdomain.light(_sending_domain(house), _seen(house, tx), mail_leaves=house.mail_leaves),
        golive.sender(head.sender, way.dkim_domain, mail_leaves=house.mail_leaves),
        golive.postal_address(head.postal_address, mail_leaves=house.mail_leaves),
        _test_light(house, tx),
    ]


def check_now(house: House) -> None:
    """Knock at the relay and ask DNS; what they answer is kept, with the time. At most some twenty seconds."""
    at = house.clock.machine().isoformat()
    smtp = {"at": at, "of": house.way_out.relay, "trouble": _knock(house)} if house.way_out.relay else None
    who, dns = _sending_domain(house), None
    if who is not None:
        dns = {"at": at, "of": _asked(who), "texts": _look_up(who)}
    with house.store.transaction() as tx:
        for name, found in ((_SMTP, smtp), (_DNS, dns)):
            if found is not None:
                duties.remember(tx, name, json.dumps(found))


def send_test_letter(house: House, to: str) -> None:
    """Owe the welcome as a test, and remember that it is this one we wait for. Raises AddressError, TrialError."""
    public_id = testing.send_test_welcome(house, to)
    with house.store.transaction() as tx:
        duties.remember(tx, _TEST, json.dumps({"of": house.way_out.relay, "public_id": public_id}))


def _smtp_light(house: House, tx: Transaction) -> Light:
    found = _fact(tx, _SMTP, house.way_out.relay)
    at = datetime.fromisoformat(found["at"]) if found else None
    return golive.smtp(house.way_out.relay, at=at, trouble=found["trouble"] if found else "")


def _test_light(house: House, tx: Transaction) -> Light:
    found = _fact(tx, _TEST, house.way_out.relay)
    row = deliveries.by_public_id(tx, found["public_id"]) if found else None
    trouble = relays.trouble(tx)
    return golive.test_letter(
        State(row.state) if row else None,
        (row.reply or row.reason or "") if row else "",
        at=(row.settled_at or row.created_at) if row else None,
        relay=house.way_out.relay,
        trouble=trouble.reason if trouble else "",
    )


def _knock(house: House) -> str:
    try:
        house.way_out.knock()
    except RelayUnavailable as unavailable:
        return unavailable.reason
    return ""


def _sending_domain(house: House) -> SendingDomain | None:
    sender, way = house.letterhead.sender, house.way_out
    if sender == DEFAULT_SENDER:
        return None
    address = on_the_wire(sender.address)
    return SendingDomain(
        domain=address.rpartition("@")[2],
        address=address,
        relay_host=way.relay.rpartition(":")[0],
        dkim_domain=way.dkim_domain,
        dkim_selector=way.dkim_selector,
        dkim_value=way.dkim_record,
        second_selector=way.dkim_second_selector,
        second_value=way.dkim_second_record,
    )


def _look_up(who: SendingDomain) -> dict[str, tuple[str, ...]] | None:
    try:
        return records.texts([who.domain, *filter(None, (who.dkim_host, who.second_host)), *who.dmarc_hosts()])
    except DnsUnreachable:
        return None


def _seen(house: House, tx: Transaction) -> Seen | None:
    who = _sending_domain(house)
    found = _fact(tx, _DNS, _asked(who)) if who else None
    if not found:
        return None
    texts = found["texts"]
    at = datetime.fromisoformat(found["at"])
    return Seen(at, None if texts is None else {host: tuple(said) for host, said in texts.items()})


def _asked(who: SendingDomain) -> str:
    return f"{who.domain} {who.dkim_host} {who.second_host}".rstrip()


def _fact(tx: Transaction, name: str, of: str) -> dict[str, Any] | None:
    """What the last look found; None when there was none, or when it looked at something else."""
    found = json.loads(duties.fact(tx, name) or "null")
    return found if found and found["of"] == of else None
