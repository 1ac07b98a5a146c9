"""Receiving domains with a rate, on a real wire: kept to it, with everybody else passing by."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from newsletter.clocks import SystemClock
from newsletter.domain.delivery import Kind, State
from newsletter.domain.subscription import Status
from newsletter.mail.lanes import Lanes
from newsletter.mail.smtp import Relay, SmtpTransport
from newsletter.store import lists, subscribers
from newsletter.usecases import campaigns, sending
from newsletter.usecases.house import House
from tests.scripted_smtp import ScriptedSmtp
from tests.usecases.household import ask, rows


@pytest.fixture
def transport() -> Iterator[SmtpTransport]:
    with ScriptedSmtp(lambda _: None) as server:
        made = SmtpTransport(Relay(server.host, server.port, "never"), connections=4)
        made.server = server
        yield made
        made.close()


def owe(house: House, *crowds: tuple[str, int]) -> str:
    """A campaign to so many readers of each domain, the first domain's first."""
    with house.store.transaction() as tx:
        list_id = lists.by_slug(tx, "letters").id
        for domain, many in crowds:
            for number in range(many):
                key = house.address_keys(f"p{number}@{domain}")[0]
                subscribers.add(
                    tx, address=f"p{number}@{domain}", key=key, name="", timezone=None, now=house.clock.now()
                )
                her = subscribers.find(tx, [key]).id
                subscribers.add_subscription(tx, her, list_id, Status.CONFIRMED, house.clock.now())
    made = campaigns.create(house, subject="News", body="Some news.")
    campaigns.queue(house, made)
    campaigns.start_due(house)
    return made


def work(house: House, transport: SmtpTransport, until: float, stop=lambda: False) -> None:
    """Send as a worker does, every second, until nothing is open or so many seconds have passed."""
    ends = time.monotonic() + until
    while time.monotonic() < ends and not stop():
        sending.send_due(house, transport, holder="h/1/a", stop=lambda: time.monotonic() > ends or stop())
        if not rows(house, kind=Kind.CAMPAIGN, state=State.QUEUED):
            break
        time.sleep(1.0)


def moments(transport: SmtpTransport, domain: str) -> list[float]:
    """When messages to a domain were accepted, in seconds."""
    return sorted(one.at for one in transport.server.accepted if one.recipients[0].endswith(domain))


def most_in_a_second(taken: list[float]) -> int:
    return max(sum(begin <= one < begin + 1.0 for one in taken) for begin in taken)


def test_a_domain_is_kept_to_its_rate_while_others_pass_by(bare_house: House, transport: SmtpTransport) -> None:
    house = replace(bare_house, clock=SystemClock(), lanes=Lanes({"slow.example": 20.0, "slower.example": 5.0}))
    owe(house, ("slow.example", 80), ("slower.example", 15), ("quick.example", 100))
    work(house, transport, 30)

    slow, slower, quick = (moments(transport, name) for name in ("@slow.example", "@slower.example", "quick.example"))
    assert (len(slow), len(slower), len(quick)) == (80, 15, 100)
    assert most_in_a_second(slow) <= 25, "the server sees them with its own delays"
    assert most_in_a_second(slower) <= 7
    assert slow[-1] - slow[0] < 8.0, "at half the rate at least"
    assert quick[-1] < slow[-1]


def test_a_confirmation_waits_for_no_more_than_the_next_moment(bare_house: House, transport: SmtpTransport) -> None:
    house = replace(bare_house, clock=SystemClock(), lanes=Lanes({"slow.example": 4.0}))
    owe(house, ("slow.example", 40))
    worker = threading.Thread(target=work, args=(house, transport, 5.0))
    worker.start()
    time.sleep(1.5)
    ask(house, "she@slow.example")
    asked = time.monotonic() - transport.server.began
    worker.join()

    (came,) = [one.at for one in transport.server.accepted if one.recipients == ("she@slow.example",)]
    assert came - asked < 2.5


def test_a_pause_holds_for_those_who_wait_for_their_moment_too(bare_house: House, transport: SmtpTransport) -> None:
    """F22."""
    house = replace(bare_house, clock=SystemClock(), lanes=Lanes({"slow.example": 10.0}))
    made = owe(house, ("slow.example", 50))
    worker = threading.Thread(target=work, args=(house, transport, 3.0))
    worker.start()
    while not transport.server.accepted:
        time.sleep(0.01)
    campaigns.pause(house, made)
    paused = len(transport.server.accepted)
    worker.join()

    assert len(transport.server.accepted) <= paused + 4
    assert not rows(house, kind=Kind.CAMPAIGN, state=State.SENDING)


def test_nobody_is_lost_or_written_to_twice_when_the_sender_is_stopped_in_between(
    bare_house: House, transport: SmtpTransport
) -> None:
    house = replace(bare_house, clock=SystemClock(), lanes=Lanes({"slow.example": 30.0}))
    owe(house, ("slow.example", 60), ("quick.example", 20))
    for seconds in (0.3, 0.6, 20):
        work(house, transport, seconds)

    came = [one.recipients[0] for one in transport.server.accepted]
    assert len(came) == len(set(came)) == 80
    assert len(rows(house, kind=Kind.CAMPAIGN, state=State.SENT)) == 80
