"""Readers who come from a campaign's audience straight into a sender's hands: as if owed, taken and intended."""

from dataclasses import replace

import pytest

from newsletter.domain.delivery import Claim, Kind, State
from newsletter.store import audiences, tables
from newsletter.usecases import campaigns, drawing, leaving, sending, taking
from newsletter.usecases.house import House
from newsletter.usecases.outbox import Outbox, Tally
from newsletter.usecases.press import Press
from tests.usecases.household import OK, Post, TwoClocks, crowd, force, leave_token, person, rows, send

EACH_ITS_OWN = {"id", "public_id", "campaign_id", "message_id"}


class Killed(BaseException):
    """The end of a process."""


@pytest.fixture(autouse=True)
def parts_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Audiences in parts of two, of which none is owed when a campaign starts."""
    monkeypatch.setattr(audiences, "PART", 2)
    monkeypatch.setattr(campaigns, "PARTS_AT_ONCE", 0)


def started(house: House) -> str:
    """A campaign to everybody that has begun."""
    public_id = campaigns.create(house, subject="News", body="Dear {{ name }},\n\nsome news.")
    campaigns.queue(house, public_id)
    campaigns.start_due(house)
    return public_id


def take(house: House, limit: int) -> list[Claim]:
    return [claim for claim, _ in taking.take(house, Press(house), "h/1/a", limit).ready]


def test_what_is_drawn_is_what_owing_taking_and_intending_come_to(
    bare_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare_house = replace(bare_house, one_a_day=False)  # the second campaign would wait a day
    crowd(bare_house, 4)
    started(bare_house)
    drawn = take(bare_house, 2) + take(bare_house, 2)
    written = rows(bare_house)
    started(bare_house)
    monkeypatch.setattr(drawing, "may_draw", lambda *_: False)
    taken = take(bare_house, 2) + take(bare_house, 2)

    assert len(drawn) == len(taken) == 4
    for straight, by_the_way in zip(drawn, taken, strict=True):
        own = dict.fromkeys(EACH_ITS_OWN & set(Claim._fields))
        standing = {"standing": straight.standing._replace(campaign="sending", subscription="confirmed")}
        assert straight._replace(**own, **standing) == by_the_way._replace(**own)
    both = [
        [{name: value for name, value in one.items() if name not in EACH_ITS_OWN} for one in some]
        for some in (written, rows(bare_house)[4:])
    ]
    assert both[0] == both[1]
    assert [one["message_id"] for one in written] == [f"<{one['public_id']}@letters.example.org>" for one in written]


def test_who_does_not_want_it_any_more_is_not_drawn_but_judged(bare_house: House, clock: TwoClocks, post: Post) -> None:
    crowd(bare_house, 6)
    started(bare_house)
    leaving.leave(bare_house, leave_token(bare_house, "p1@example.org"), method="one click")
    force(
        bare_house,
        tables.subscribers,
        person(bare_house, "p2@example.org").id,
        paused_until=clock.now().replace(year=2027),
    )
    force(bare_house, tables.subscribers, person(bare_house, "p3@example.org").id, held_reason="captured")

    send(bare_house, post)
    for one in post.accepted:
        assert one.envelope_to not in {"p1@example.org", "p2@example.org", "p3@example.org"}
    fates = {one["address"]: (one["state"], one["reason"]) for one in rows(bare_house)}
    assert fates["p1@example.org"] == (State.SKIPPED, "left")
    assert fates["p2@example.org"] == (State.SKIPPED, "paused")
    assert fates["p3@example.org"] == (State.QUEUED, None), "it waits for the owner's word, as she does"
    assert [state for state, _ in fates.values()].count(State.SENT) == len(post.accepted) == 3


def test_a_campaign_that_is_drawn_reaches_everybody_once(
    bare_house: House, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audiences, "PART", 1)
    crowd(bare_house, 7)
    public_id = started(bare_house)
    send(bare_house, post)

    assert sorted(one.envelope_to for one in post.accepted) == [f"p{number}@example.org" for number in range(1, 8)]
    assert {one["state"] for one in rows(bare_house)} == {State.SENT}
    assert campaigns.status(bare_house, public_id).tally.sent == 7
    assert campaigns.finish_done(bare_house) == 1


def test_what_a_dead_sender_had_drawn_goes_out_under_the_same_name(bare_house: House, post: Post) -> None:
    crowd(bare_house, 5)
    started(bare_house)
    her = Outbox(bare_house, "here/1/dead", lambda: False, Tally())
    with pytest.raises(Killed), her:
        first = her.supply(2)
        post.accepted += first
        her.note([(first[0], OK)])
        raise Killed
    sending.recover(bare_house, lambda holder: holder == "here/1/dead")
    send(bare_house, post, holder="here/2/alive")

    assert len(rows(bare_house)) == 5
    assert {one["state"] for one in rows(bare_house)} == {State.SENT}
    assert list(post.doubles().values()) == [2], "the one that the server had taken and nobody had noted"


def test_a_pause_takes_back_what_was_drawn(bare_house: House, post: Post) -> None:
    crowd(bare_house, 6)
    public_id = started(bare_house)
    post.answer = lambda _: (campaigns.pause(bare_house, public_id), OK)[1] if len(post.tried) == 1 else OK
    send(bare_house, post)

    assert len(post.accepted) == 1
    assert {one["state"] for one in rows(bare_house, kind=Kind.CAMPAIGN)} <= {State.SENT, State.QUEUED}
    campaigns.resume(bare_house, public_id)
    post.answer = lambda _: OK
    send(bare_house, post)
    assert len({one.envelope_to for one in post.accepted}) == len(post.accepted) == 6


@pytest.mark.parametrize("limits", [{"lanes": object()}, {"warmup": object()}])
def test_a_sender_with_limits_draws_nothing(bare_house: House, limits: dict[str, object]) -> None:
    assert drawing.may_draw(bare_house, 2)
    assert not drawing.may_draw(bare_house, 1)
    assert not drawing.may_draw(replace(bare_house, **limits), 2)
