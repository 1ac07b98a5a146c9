"""At most one letter a local day to a person: a lesson keeps its slot, a campaign waits a day."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from newsletter.domain.campaign import CampaignState
from newsletter.domain.delivery import Deferred, Kind, State
from newsletter.store import enrollments
from newsletter.usecases import campaigns
from newsletter.usecases.house import House
from tests.usecases.household import OK, Post, TwoClocks, crowd, enrollment, join, pass_empty_hours, rows, send, tick

MARIA = "maria@example.org"


@pytest.fixture
def maria(welcomed: House) -> House:
    """Maria has had her welcome; her first lesson comes tomorrow, Tuesday, at nine in Berlin."""
    return welcomed


def start(house: House, subject: str = "News") -> str:
    made = campaigns.create(house, subject=subject, body="Some news.")
    campaigns.queue(house, made)
    campaigns.start_due(house)
    return made


def went(house: House, clock: TwoClocks, post: Post, *, days: int) -> list[str]:
    """What goes out to Maria from now on, hour by hour: the day and hour in Berlin, and the subject."""
    told, hours = [], 24 * days
    while hours > 0:
        before = len(post.subjects(MARIA))
        tick(house, post)
        told += [f"{berlin(clock.now()):%a %H} {subject}" for subject in post.subjects(MARIA)[before:]]
        hours -= pass_empty_hours(house, clock, hours)
    return told


def berlin(moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo("Europe/Berlin"))


def test_a_campaign_waits_a_day_where_a_lesson_is_still_to_come(maria: House, clock: TwoClocks, post: Post) -> None:
    clock.pass_by(hours=22)  # Tuesday, seven in the morning
    made = start(maria)

    assert went(maria, clock, post, days=3) == ["Tue 09 Lesson 1", "Wed 07 News"]
    assert campaigns.finish_done(maria) == 1
    assert campaigns.status(maria, made).campaign.state is CampaignState.SENT


def test_a_campaign_waits_a_day_after_a_lesson_and_is_not_sent_before(
    maria: House, clock: TwoClocks, post: Post
) -> None:
    clock.pass_by(hours=24)
    tick(maria, post)
    clock.pass_by(hours=5)
    made = start(maria)
    send(maria, post)

    assert campaigns.finish_done(maria) == 0
    assert campaigns.status(maria, made).campaign.state is CampaignState.SENDING
    assert went(maria, clock, post, days=2) == ["Wed 14 News"]
    assert campaigns.finish_done(maria) == 1


def test_an_opening_does_not_count(maria: House, clock: TwoClocks, post: Post) -> None:
    start(maria)

    assert went(maria, clock, post, days=1) == ["Mon 09 News"]


def test_of_two_campaigns_the_second_waits_a_day(bare_house: House, clock: TwoClocks, post: Post) -> None:
    crowd(bare_house, 3)
    start(bare_house, "First")
    start(bare_house, "Second")
    send(bare_house, post)
    assert sorted(set(post.subjects())) == ["First"]

    clock.pass_by(hours=23)
    send(bare_house, post)
    assert len(post.accepted) == 3
    clock.pass_by(hours=1)
    send(bare_house, post)
    assert post.subjects()[3:] == ["Second"] * 3


def test_who_has_no_lesson_that_day_gets_it_at_once(maria: House, clock: TwoClocks, post: Post) -> None:
    crowd(maria, 4)
    clock.pass_by(hours=22)
    start(maria)
    send(maria, post)

    assert sorted(one["address"] for one in rows(maria, kind=Kind.CAMPAIGN, state=State.SENT)) == [
        f"p{number}@example.org" for number in range(1, 5)
    ]
    (waiting,) = rows(maria, kind=Kind.CAMPAIGN, state=State.QUEUED)
    assert (waiting["address"], waiting["due_at"]) == (MARIA, clock.now() + timedelta(days=1))


def test_her_day_is_that_of_her_own_zone(house: House, clock: TwoClocks, post: Post) -> None:
    """At seven in the evening in Berlin it is tomorrow in Auckland, where she has had no letter yet."""
    join(house, timezone="Pacific/Auckland")
    send(house, post)
    lesson = enrollment(house)["next_due_at"]
    clock.pass_by(lesson - clock.now())
    tick(house, post)
    clock.pass_by(hours=14)
    start(house)
    send(house, post)
    assert post.subjects(MARIA)[-1] == "Lesson 1"  # nine in the morning there, and now it is eleven at night

    clock.pass_by(hours=24)
    send(house, post)
    assert post.subjects(MARIA)[-1] == "News"


def test_the_owner_may_let_everything_go_at_once(maria: House, clock: TwoClocks, post: Post) -> None:
    hasty = replace(maria, one_a_day=False)
    clock.pass_by(hours=24)
    start(hasty)
    start(hasty, "More")
    tick(hasty, post)

    assert post.subjects(MARIA)[1:] == ["Lesson 1", "News", "More"]


def test_a_campaign_waits_a_week_at_most(maria: House, clock: TwoClocks, post: Post) -> None:
    """A course with a letter every day would keep it for good."""
    clock.pass_by(hours=23)
    start(maria)
    daily = 0
    while "News" not in post.subjects(MARIA):
        with maria.store.transaction() as tx:
            enrollments.change(tx, enrollment(maria)["id"], next_due_at=clock.now() + timedelta(hours=1))
        send(maria, post)
        clock.pass_by(days=1)
        daily += 1

    assert daily == 9


def test_a_letter_that_is_tried_again_keeps_nobody_elses_back(bare_house: House, clock: TwoClocks) -> None:
    """Two campaigns that were both deferred do not wait for each other."""
    crowd(bare_house, 1)
    start(bare_house, "First")
    refusing = Post(answer=lambda _: Deferred("450 later"))
    send(bare_house, refusing)
    start(bare_house, "Second")
    send(bare_house, refusing)
    clock.pass_by(hours=2)
    taking = Post(answer=lambda _: OK)
    send(bare_house, taking)
    clock.pass_by(days=1)
    send(bare_house, taking)

    assert sorted(taking.subjects()) == ["First", "Second"]
