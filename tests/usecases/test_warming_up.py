"""A new sender's first days: so many letters and no more, lessons first, and confirmations whenever they come."""

import threading
import time
from dataclasses import replace
from datetime import date, timedelta

from newsletter.domain.delivery import Deferred, Kind, Outcome, State
from newsletter.domain.message import Outgoing
from newsletter.domain.warmup import Warmup
from newsletter.store.engine import Store
from newsletter.usecases import campaigns, planning, standstill
from newsletter.usecases.house import House
from tests.usecases.household import OK, Post, TwoClocks, ask, enrollment, join, person, rows, send
from tests.usecases.test_stopping import start

TODAY = date(2026, 3, 2)
LATER = Deferred("450 4.2.1 not now")


def sent(house: House, kind: Kind) -> int:
    return len(rows(house, kind=kind, state=State.SENT))


def test_so_many_go_on_the_first_day_half_as_many_again_on_the_next_and_then_the_rest(
    bare_house: House, clock: TwoClocks
) -> None:
    house = replace(bare_house, warmup=Warmup(TODAY, 20))
    start(house, 100)
    post = Post()
    went = []
    for _ in range(4):
        for _ in range(3):
            send(house, post)
            clock.pass_by(minutes=1)
        went.append(sent(house, Kind.CAMPAIGN))
        clock.pass_by(days=1)

    assert went == [20, 50, 95, 100]
    assert post.doubles() == {}


def test_a_confirmation_never_waits_for_it(bare_house: House) -> None:
    house = replace(bare_house, warmup=Warmup(TODAY, 5))
    made = start(house, 30)
    post = send(house)
    ask(house)
    send(house, post)

    assert (sent(house, Kind.CAMPAIGN), sent(house, Kind.CONFIRMATION)) == (5, 1)
    with house.store.reading() as tx:
        found = campaigns.find(tx, made)
        why = standstill._spent(house, tx, campaigns.progress_of(house, tx, found)[0])
    assert why is not None
    assert why.sentence.startswith("Today’s 5 emails of the warm-up are sent. It goes on tomorrow")


def test_a_campaign_leaves_room_for_the_lessons_of_the_day(house: House, clock: TwoClocks) -> None:
    for name in ("ada", "ben", "eva"):
        join(house, f"{name}@example.net")
    send(house)  # their welcomes
    first = enrollment(house, "ada@example.net")["next_due_at"]
    clock.pass_by(first - clock.business - timedelta(hours=2))
    warming = replace(house, warmup=Warmup(first.date(), 10))
    start(warming, 30)
    send(warming)
    assert sent(house, Kind.CAMPAIGN) == 7

    clock.pass_by(hours=2)
    planning.plan_due(warming)
    send(warming)
    assert sent(house, Kind.LESSON) == 6
    assert sent(house, Kind.CAMPAIGN) == 7
    assert person(house, "ada@example.net").paused_until is None


def test_what_is_put_off_takes_no_room(bare_house: House, clock: TwoClocks) -> None:
    house = replace(bare_house, warmup=Warmup(TODAY, 10))
    start(house, 30)
    answers = [LATER] * 10
    post = Post(answer=lambda _: answers.pop() if answers else OK)
    send(house, post)
    clock.pass_by(minutes=2)
    send(house, post)

    assert sent(house, Kind.CAMPAIGN) == 10


def test_another_process_counts_on_where_the_first_one_was(store: Store, bare_house: House) -> None:
    house = replace(bare_house, warmup=Warmup(TODAY, 10))
    start(house, 30)
    send(house, holder="h/1/a")
    send(replace(house), holder="h/2/b")

    assert sent(house, Kind.CAMPAIGN) == 10


def test_two_senders_at_once_never_use_the_same_room(bare_house: House) -> None:
    house = replace(bare_house, warmup=Warmup(TODAY, 40))
    start(house, 150)
    posts = [Post(answer=unhurried), Post(answer=unhurried), Post(answer=unhurried)]
    senders = [
        threading.Thread(target=send, args=(house, post), kwargs={"holder": f"h/{number}/a"})
        for number, post in enumerate(posts)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()

    assert sent(house, Kind.CAMPAIGN) == 40


def unhurried(_: Outgoing) -> Outcome:
    time.sleep(0.003)
    return OK
