"""The numbers of a campaign say what its readers got, each reader in one of them, and add up to its audience."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from newsletter.domain.campaign import CampaignState, Tally
from newsletter.domain.delivery import Deferred
from newsletter.store import progress
from newsletter.usecases import campaigns, giving_way, leaving, rights
from newsletter.usecases.campaigns import Progress
from newsletter.usecases.house import House
from tests.usecases.household import Post, TwoClocks, crowd, join, leave_token, pass_empty_hours, person, send, tick

MARIA = "maria@example.org"


@pytest.fixture
def digested(house: House, clock: TwoClocks, post: Post) -> tuple[House, list[str]]:
    """Maria is in a course, two others are not; three campaigns of her list wait for her, to come in one mail."""
    join(house)
    crowd(house, 2)
    send(house, post)
    giving_way.set_etiquette(house, "letters", "digest")
    made = []
    for subject in ("First", "Second", "Third"):
        made.append(campaigns.create(house, subject=subject, body=f"What {subject} says."))
        campaigns.queue(house, made[-1])
        campaigns.start_due(house)
        clock.pass_by(days=1, hours=1)
        send(house, post)
    return house, made


def until(house: House, clock: TwoClocks, post: Post, is_so: Callable[[], bool]) -> None:
    last = clock.now() + timedelta(days=40)
    while clock.now() < last:
        tick(house, post)
        if is_so():
            return
        pass_empty_hours(house, clock)
    raise AssertionError("it did not come about in forty days")


def numbers(house: House, public_id: str) -> Progress:
    found = campaigns.status(house, public_id)
    assert found.tally.emails + found.account.erased == found.campaign.recipients
    return found


def has_digest(post: Post) -> bool:
    return "Three letters that waited for you" in post.subjects(MARIA)


def test_who_got_it_in_one_mail_with_others_has_got_it(digested: tuple[House, list[str]], clock: TwoClocks) -> None:
    house, made = digested
    post = Post()
    until(house, clock, post, lambda: has_digest(post))

    for each in made:
        found = numbers(house, each)
        assert (found.tally, found.account.together) == (Tally(sent=3), 1)
    with house.store.reading() as tx:
        for each in made:
            one = campaigns.find(tx, each)
            got = progress.recipients(tx, one.id, progress.WORDS["sent"], limit=10)
            assert [row.subscriber_id for row in got] == sorted(row.subscriber_id for row in got)
            assert MARIA in [row.address for row in got] and len(got) == 3
            assert all(row.sent_at for row in got)
            assert not progress.recipients(tx, one.id, progress.WORDS["skipped"], limit=10)
            assert progress.recipients(tx, one.id, (), limit=10) == got


def test_while_that_mail_waits_for_another_try_no_campaign_in_it_is_sent(
    digested: tuple[House, list[str]], clock: TwoClocks
) -> None:
    house, made = digested
    refusing = Post(answer=lambda _: Deferred("450 later"))
    until(house, clock, taking := Post(), lambda: len(taking.subjects(MARIA)) == 4)
    until(house, clock, refusing, lambda: bool(refusing.tried))

    assert campaigns.finish_done(house) == 0
    assert [numbers(house, each).tally for each in made] == [Tally(sent=2, deferred=1)] * 3
    until(house, clock, post := Post(), lambda: has_digest(post))
    assert campaigns.finish_done(house) == 3
    assert {campaigns.status(house, each).campaign.state for each in made} == {CampaignState.SENT}


def test_who_left_before_that_mail_went_is_skipped_in_each_for_the_same_reason(
    digested: tuple[House, list[str]], clock: TwoClocks
) -> None:
    house, made = digested
    until(house, clock, taking := Post(), lambda: len(taking.subjects(MARIA)) == 4)
    refusing = Post(answer=lambda _: Deferred("450 later"))
    until(house, clock, refusing, lambda: bool(refusing.tried))
    leaving.leave(house, leave_token(house), method="link")

    for each in made:
        found = numbers(house, each)
        assert found.tally == Tally(sent=2, skipped=1)
        assert found.account.reasons == "1 left the list"


def test_after_an_erasure_the_numbers_say_how_many_are_gone(digested: tuple[House, list[str]]) -> None:
    house, made = digested
    rights.erase(house, person(house, "p1@example.org"))
    rights.erase(house, person(house, MARIA))

    found = numbers(house, made[0])
    assert (found.tally, found.account.erased) == (Tally(sent=1), 2)


def test_what_a_cancelled_campaign_had_not_owed_yet_is_skipped_with_the_reason(
    bare_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaigns, "PARTS_AT_ONCE", 0)
    crowd(bare_house, 3)
    made = campaigns.create(bare_house, subject="News", body="Some news.")
    campaigns.queue(bare_house, made)
    campaigns.start_due(bare_house)
    rights.erase(bare_house, person(bare_house, "p2@example.org"))
    campaigns.cancel(bare_house, made)

    assert campaigns.status(bare_house, made).account.reasons.endswith("not sent when it was cancelled")
    monkeypatch.setattr(campaigns, "PARTS_AT_ONCE", 5)
    campaigns.owe_drawn(bare_house)
    found = numbers(bare_house, made)
    assert (found.tally.skipped, found.account.skipped, found.account.erased) == (2, {"cancelled": 2}, 1)
