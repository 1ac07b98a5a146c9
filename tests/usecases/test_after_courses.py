"""A list whose campaigns give way to courses: they wait until a reader's course is over, and never come in a burst."""

from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event

from newsletter.domain.cadence import Cadence
from newsletter.domain.campaign import CampaignState
from newsletter.domain.delivery import Deferred, Kind, State
from newsletter.domain.etiquette import LET_GO, ONE_MAIL, TOO_OLD, Etiquette
from newsletter.domain.tokens import Purpose
from newsletter.store import audiences, suppressions, tables
from newsletter.usecases import (
    calendars,
    campaigns,
    discreet,
    drawing,
    enrolling,
    giving_way,
    leaving,
    letters,
    preferences,
    publishing,
    reading,
    time_machine,
)
from newsletter.usecases.campaigns import CampaignError
from newsletter.usecases.giving_way import SentNow
from newsletter.usecases.house import House
from tests.usecases.household import (
    OK,
    Post,
    TwoClocks,
    crowd,
    force,
    leave_token,
    pass_empty_hours,
    person,
    preferences_token,
    rows,
    send,
    tick,
)

MARIA = "maria@example.org"


@pytest.fixture
def maria(welcomed: House) -> House:
    """Maria is in a course of three weeks and a farewell, on Tuesdays at nine in Berlin; her list gives way to it."""
    giving_way.set_etiquette(welcomed, "letters", "hold")
    return welcomed


def start(house: House, subject: str = "News") -> str:
    made = campaigns.create(house, subject=subject, body=f"What {subject} says to {{{{ name }}}}.")
    campaigns.queue(house, made)
    campaigns.start_due(house)
    return made


def went(house: House, clock: TwoClocks, post: Post, *, days: int) -> list[str]:
    """What goes out to Maria from now on, hour by hour: the day and hour in Berlin, and the subject."""
    told, hours = [], 24 * days
    while hours > 0:
        before = len(post.subjects(MARIA))
        tick(house, post)
        told += [f"{berlin(clock.now()):%d %b %H} {subject}" for subject in post.subjects(MARIA)[before:]]
        hours -= pass_empty_hours(house, clock, hours)
    return told


def berlin(moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo("Europe/Berlin"))


COURSE = ["03 Mar 09 Lesson 1", "10 Mar 09 Lesson 2", "17 Mar 09 Lesson 3", "24 Mar 09 Lesson 4"]


def test_a_campaign_goes_at_her_hour_the_day_after_her_course_was_over(
    maria: House, clock: TwoClocks, post: Post
) -> None:
    crowd(maria, 3)
    clock.pass_by(hours=2)
    made = start(maria)
    send(maria, post)
    assert post.subjects()[1:] == ["News"] * 3, "who is in no course has it at once"
    (hers,) = rows(maria, MARIA, kind=Kind.CAMPAIGN)
    assert hers["reason"] == "her course is not over"
    assert berlin(hers["due_at"]).isoformat() == "2026-03-04T09:00:00+01:00", "asked about the day after each lesson"

    assert went(maria, clock, post, days=24) == [*COURSE, "25 Mar 09 News"]
    assert rows(maria, MARIA, kind=Kind.CAMPAIGN)[0]["reason"] is None
    assert campaigns.finish_done(maria) == 1
    assert campaigns.status(maria, made).campaign.state is CampaignState.SENT


def test_a_campaign_is_not_sent_while_somebodys_course_lasts(maria: House, clock: TwoClocks, post: Post) -> None:
    made = start(maria)
    went(maria, clock, post, days=10)

    assert campaigns.finish_done(maria) == 0
    assert campaigns.status(maria, made).campaign.state is CampaignState.SENDING


@pytest.mark.parametrize("one_a_day", [True, False])
def test_several_go_one_a_day_the_oldest_first(maria: House, clock: TwoClocks, post: Post, one_a_day: bool) -> None:
    house = replace(maria, one_a_day=one_a_day)
    for subject in ("First", "Second", "Third"):
        start(house, subject)
        went(house, clock, post, days=1)

    assert went(house, clock, post, days=26) == [*COURSE[1:], "25 Mar 09 First", "26 Mar 09 Second", "27 Mar 09 Third"]


def test_a_digest_brings_them_in_one_mail_with_one_way_to_leave(maria: House, clock: TwoClocks, post: Post) -> None:
    giving_way.set_etiquette(maria, "letters", "digest")
    for subject in ("First *and* plain", "Second", "Third"):
        start(maria, subject)
        went(maria, clock, post, days=1)

    assert went(maria, clock, post, days=25) == [*COURSE[1:], "25 Mar 09 Three letters that waited for you"]
    message = message_from_bytes(post.accepted[-1].data)
    text = message.get_payload()[0].get_payload(decode=True).decode()
    assert text.index("First *and* plain") < text.index("Second") < text.index("Third")
    assert message.get_all("List-Unsubscribe") and len(message.get_all("List-Unsubscribe")) == 1
    assert text.count("/unsubscribe/") == 1
    carrier, *others = rows(maria, MARIA, kind=Kind.CAMPAIGN)
    assert (carrier["state"], carrier["reason"]) == (State.SENT, ONE_MAIL)
    assert {(one["state"], one["reason"]) for one in others} == {
        (State.SKIPPED, f"in one mail: {carrier['public_id']}")
    }
    assert campaigns.finish_done(maria) == 3

    with maria.store.reading() as tx:
        token = maria.keyring.token(Purpose.VIEW, carrier["public_id"])
        named = reading.letter_behind(maria, tx, Purpose.VIEW, token)
        again = letters.write(maria, tx, named)
    assert "What Third says" in again.written.text


def test_a_digest_that_is_tried_again_says_the_same_under_the_same_name(maria: House, clock: TwoClocks) -> None:
    giving_way.set_etiquette(maria, "letters", "digest")
    start(maria, "First")
    start(maria, "Second")
    refusing = Post(answer=lambda one: Deferred("450 later") if _is_digest(one) else OK)
    while not any(_is_digest(one) for one in refusing.tried):
        pass_empty_hours(maria, clock)
        tick(maria, refusing)
    taking = Post(answer=lambda _: OK)
    clock.pass_by(hours=2)
    send(maria, taking)

    assert taking.subjects(MARIA) == ["Two letters that waited for you"]
    (once,) = {str(message_from_bytes(one.data)["Message-ID"]) for one in refusing.tried if _is_digest(one)}
    assert taking.ids() == [once]
    assert b"What Second says" in message_from_bytes(taking.accepted[0].data).get_payload()[0].get_payload(decode=True)


@pytest.mark.parametrize("cancelled", ["First", "Second"])
def test_a_campaign_that_is_cancelled_leaves_a_mail_that_waits_and_takes_no_other_with_it(
    maria: House, clock: TwoClocks, cancelled: str
) -> None:
    giving_way.set_etiquette(maria, "letters", "digest")
    made = {subject: start(maria, subject) for subject in ("First", "Second", "Third")}
    refusing = Post(answer=lambda one: Deferred("450 later") if _is_digest(one) else OK)
    while not any(_is_digest(one) for one in refusing.tried):
        pass_empty_hours(maria, clock)
        tick(maria, refusing)
    assert campaigns.finish_done(maria) == 0, "the mail in which they come waits for another try"
    campaigns.cancel(maria, made[cancelled])
    taking = Post(answer=lambda _: OK)
    clock.pass_by(hours=2)
    send(maria, taking)
    clock.pass_by(days=1)
    send(maria, taking)

    assert taking.subjects(MARIA) == ["Two letters that waited for you"]
    text = message_from_bytes(taking.accepted[0].data).get_payload()[0].get_payload(decode=True).decode()
    assert [subject for subject in made if f"What {subject} says" in text] == [one for one in made if one != cancelled]
    campaigns.finish_done(maria)
    states = {subject: campaigns.status(maria, name).campaign.state for subject, name in made.items()}
    assert states == dict.fromkeys(made, CampaignState.SENT) | {cancelled: CampaignState.CANCELLED}


def _is_digest(one: object) -> bool:
    return "waited for you" in str(message_from_bytes(one.data)["Subject"])


def test_one_alone_needs_no_digest(maria: House, clock: TwoClocks, post: Post) -> None:
    giving_way.set_etiquette(maria, "letters", "digest")
    start(maria)

    assert went(maria, clock, post, days=24)[-1] == "25 Mar 09 News"


def test_a_discreet_reader_has_a_digest_behind_its_link_alone(maria: House, clock: TwoClocks, post: Post) -> None:
    giving_way.set_etiquette(maria, "letters", "digest")
    discreet.choose(maria, preferences_token(maria), "on")
    start(maria, "First")
    start(maria, "Second")
    went(maria, clock, post, days=24)

    assert post.subjects(MARIA)[-1] == "A letter for you"
    assert b"First" not in post.accepted[-1].data
    (carrier,) = rows(maria, MARIA, kind=Kind.CAMPAIGN, state=State.SENT)
    with maria.store.reading() as tx:
        token = maria.keyring.token(Purpose.DISCREET, carrier["public_id"])
        named = reading.letter_behind(maria, tx, Purpose.DISCREET, token)
        assert "What Second says" in letters.write(maria, tx, named, openly=True).written.text


def test_more_than_one_mail_holds_comes_on_the_next_days(
    maria: House, clock: TwoClocks, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsletter.usecases.after_courses.LONGEST_MAIL", 70)
    giving_way.set_etiquette(maria, "letters", "digest")
    for subject in ("First", "Second", "Third"):
        start(maria, subject)

    told = went(maria, clock, post, days=26)
    assert told[len(COURSE) :] == ["25 Mar 09 Two letters that waited for you", "26 Mar 09 Third"]


def test_a_campaign_that_grew_too_old_is_let_go_and_the_ledger_says_so(
    maria: House, clock: TwoClocks, post: Post
) -> None:
    giving_way.set_etiquette(maria, "letters", "hold", days="10")
    start(maria)
    told = went(maria, clock, post, days=24)

    assert told == COURSE
    (hers,) = rows(maria, MARIA, kind=Kind.CAMPAIGN)
    assert (hers["state"], hers["reason"]) == (State.SKIPPED, TOO_OLD)
    assert hers["settled_at"] - rows(maria, MARIA)[0]["created_at"] < timedelta(days=11)


def test_a_pause_keeps_what_waits_and_its_end_is_still_that_of_the_course(
    maria: House, clock: TwoClocks, post: Post
) -> None:
    start(maria)
    went(maria, clock, post, days=3)
    preferences.pause(maria, preferences_token(maria), "2")

    told = went(maria, clock, post, days=45)
    assert [line.partition(" ")[2][7:] for line in told] == ["Lesson 2", "Lesson 3", "Lesson 4", "News"]
    assert told[-1][:9] == f"{berlin(datetime.fromisoformat('2026-04-08T07:00Z')):%d %b %H}"


def test_a_pause_until_she_returns_lasts_no_longer_than_the_campaign(
    maria: House, clock: TwoClocks, post: Post
) -> None:
    giving_way.set_etiquette(maria, "letters", "hold", days="30")
    start(maria)
    preferences.pause(maria, preferences_token(maria), "return")

    assert went(maria, clock, post, days=32) == []
    assert rows(maria, MARIA, kind=Kind.CAMPAIGN)[0]["reason"] == TOO_OLD


def test_a_pause_after_her_course_lets_it_wait_for_the_end_of_the_pause(
    maria: House, clock: TwoClocks, post: Post
) -> None:
    start(maria)
    went(maria, clock, post, days=23)
    preferences.pause(maria, preferences_token(maria), "2")

    assert went(maria, clock, post, days=13) == []
    (line,) = went(maria, clock, post, days=8)
    assert line.endswith("09 News")


def test_the_newer_one_waits_also_where_the_older_one_comes_later_that_day(
    maria: House, clock: TwoClocks, post: Post
) -> None:
    start(maria, "First")
    start(maria, "Second")
    went(maria, clock, post, days=23)
    older, _ = rows(maria, MARIA, kind=Kind.CAMPAIGN)
    force(maria, tables.deliveries, older["id"], due_at=older["due_at"] + timedelta(hours=3))

    assert went(maria, clock, post, days=4) == ["25 Mar 12 First", "26 Mar 09 Second"]


def test_who_leaves_the_list_loses_what_waited(maria: House, clock: TwoClocks, post: Post) -> None:
    start(maria)
    leaving.leave(maria, leave_token(maria), method="one click")

    (hers,) = rows(maria, MARIA, kind=Kind.CAMPAIGN)
    assert (hers["state"], hers["reason"]) == (State.SKIPPED, "left")


def test_a_suppressed_address_gets_nothing_of_what_waited(maria: House, clock: TwoClocks, post: Post) -> None:
    start(maria)
    with maria.store.transaction() as tx:
        suppressions.add(tx, person(maria).address_key, "complaint", maria.clock.now())

    assert "News" not in str(went(maria, clock, post, days=9))
    assert rows(maria, MARIA, kind=Kind.CAMPAIGN)[0]["state"] == State.SKIPPED


def test_a_course_that_ended_before_its_end_lets_it_go_on_the_next_day(
    maria: House, clock: TwoClocks, post: Post
) -> None:
    start(maria)
    went(maria, clock, post, days=3)
    with maria.store.transaction() as tx:
        (run,) = [dict(row._mapping) for row in tx.execute(tables.enrollments.select())]
        enrolling.end(maria, tx, run["subscriber_id"], run["course_id"])

    assert went(maria, clock, post, days=5) == ["06 Mar 09 News"]


def test_when_the_owner_moves_the_slots_of_a_course_what_waits_is_asked_about_after_the_new_ones(
    maria: House, clock: TwoClocks, post: Post
) -> None:
    start(maria)
    assert went(maria, clock, post, days=10) == COURSE[:2]
    calendars.set_cadence(maria, "belonging", Cadence(every=3, gap=3))
    publishing.publish(maria, "belonging")
    assert calendars.replan_changed(maria) == 1

    assert went(maria, clock, post, days=6) == ["13 Mar 09 Lesson 3", "16 Mar 09 Lesson 4", "17 Mar 09 News"]


def test_when_she_chooses_an_earlier_day_what_waits_is_asked_about_after_it(
    maria: House, clock: TwoClocks, post: Post
) -> None:
    start(maria)
    assert went(maria, clock, post, days=18) == COURSE[:3]
    before = rows(maria, MARIA, kind=Kind.CAMPAIGN)[0]["due_at"]
    preferences.set_rhythm(maria, preferences_token(maria), hour="9", weekday="0", timezone="Europe/Berlin")
    (hers,) = rows(maria, MARIA, kind=Kind.CAMPAIGN)

    assert hers["due_at"] < before
    assert berlin(hers["due_at"]).isoformat() == "2026-03-24T09:00:00+01:00", "her last letter comes on Monday now"


def test_the_owner_sends_it_now_or_lets_it_go(maria: House, clock: TwoClocks, post: Post) -> None:
    kept, gone = start(maria, "Kept"), start(maria, "Gone")
    clock.pass_by(hours=2)

    assert giving_way.send_now(maria, kept) == SentNow(1, 0)
    assert giving_way.let_go(maria, gone) == 1
    assert giving_way.send_now(maria, kept) == SentNow(0, 0)
    assert giving_way.let_go(maria, gone) == 0
    send(maria, post)
    assert post.subjects(MARIA)[-1] == "Kept"
    assert rows(maria, MARIA, kind=Kind.CAMPAIGN)[1]["reason"] == LET_GO
    assert campaigns.finish_done(maria) == 2


def test_what_waits_and_until_when_is_told(maria: House, clock: TwoClocks, post: Post) -> None:
    crowd(maria, 2)
    giving_way.set_etiquette(maria, "letters", "hold", days="40")
    made = start(maria)
    send(maria, post)

    told = giving_way.waiting(maria, made)
    assert (told.people, told.until) == (1, clock.now() + timedelta(days=40))
    assert campaigns.status(maria, made).tally.queued == 1


def test_what_began_before_the_choice_goes_on_as_it_began(maria: House, clock: TwoClocks, post: Post) -> None:
    start(maria)
    giving_way.set_etiquette(maria, "letters", "anyway")

    assert went(maria, clock, post, days=2) == [COURSE[0]], "it waits as it was told to; the owner may send it now"


@pytest.mark.parametrize(("word", "days"), [("never", ""), ("hold", "0"), ("hold", "731"), ("hold", "ten"), ("", "")])
def test_what_cannot_be_meant_is_refused_in_a_sentence(house: House, word: str, days: str) -> None:
    with pytest.raises(giving_way.EtiquetteError, match="Please"):
        giving_way.set_etiquette(house, "letters", word, days=days)


@pytest.mark.parametrize(("word", "questions"), [("anyway", 0), ("hold", 1)])
def test_anyway_asks_no_question_more_and_hold_one_for_each_part(
    bare_house: House, monkeypatch: pytest.MonkeyPatch, word: str, questions: int
) -> None:
    monkeypatch.setattr(audiences, "PART", 5)
    monkeypatch.setattr(campaigns, "PARTS_AT_ONCE", 0)
    giving_way.set_etiquette(bare_house, "letters", word)
    crowd(bare_house, 5)
    start(bare_house)
    asked: list[str] = []
    listen = lambda *what: asked.append(what[2])  # noqa: E731
    event.listen(bare_house.store.engine, "before_cursor_execute", listen)
    try:
        assert len(drawing.draw(bare_house, "h/1/a", "letters.example.org") or []) == 5
    finally:
        event.remove(bare_house.store.engine, "before_cursor_execute", listen)
    assert sum("ended_at" in one for one in asked) == questions
    assert len(asked) <= 10


def test_what_is_drawn_straight_waits_as_well(
    maria: House, clock: TwoClocks, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audiences, "PART", 2)
    monkeypatch.setattr(campaigns, "PARTS_AT_ONCE", 0)
    crowd(maria, 5)
    start(maria)
    send(maria, post)

    assert len(post.accepted) == 6
    (hers,) = rows(maria, kind=Kind.CAMPAIGN, state=State.QUEUED)
    assert (hers["address"], hers["reason"]) == (MARIA, "her course is not over")
    assert Etiquette.HOLD == "hold"


@pytest.mark.parametrize("word", ["hold", "digest"])
def test_the_time_machine_says_when_what_waits_comes_and_so_it_comes(
    maria: House, clock: TwoClocks, post: Post, word: str
) -> None:
    giving_way.set_etiquette(maria, "letters", word)
    for subject in ("First", "Second", "Third"):
        start(maria, subject)
        went(maria, clock, post, days=1)
    ahead = time_machine.reader(maria, "belonging", MARIA).campaigns
    told = [f"{berlin(one.at):%d %b %H}" for one in ahead if one.at]
    assert [one.subjects for one in ahead] == (
        [("First",), ("Second",), ("Third",)] if word == "hold" else [("First", "Second", "Third")]
    )

    assert [line[:9] for line in went(maria, clock, post, days=26)[3:]] == told


def test_the_time_machine_says_what_will_be_too_old(maria: House) -> None:
    giving_way.set_etiquette(maria, "letters", "hold", days="20")
    start(maria)

    assert [(one.subjects, one.at) for one in time_machine.reader(maria, "belonging", MARIA).campaigns] == [
        (("News",), None)
    ]


def test_what_is_sent_now_still_comes_one_a_day_however_long_it_waited(
    maria: House, clock: TwoClocks, post: Post
) -> None:
    """Nine days: longer than a campaign waits for a course whose letters take every day."""
    made = [start(maria, f"News {number}") for number in range(3)]
    assert went(maria, clock, post, days=8) == COURSE[:1]
    tick(maria, post)
    assert post.subjects(MARIA)[-1] == "Lesson 2"
    clock.pass_by(hours=1)
    for one in made:
        giving_way.send_now(maria, one)

    days = [line[:6] for line in went(maria, clock, post, days=5)]
    assert len(days) == 3
    assert len(set(days)) == 3
    assert COURSE[1][:6] not in days


def test_a_campaign_that_was_paused_for_long_comes_on_another_day_than_a_lesson(
    maria: House, clock: TwoClocks, post: Post
) -> None:
    giving_way.set_etiquette(maria, "letters", "anyway")
    clock.pass_by(hours=20)
    made = start(maria)
    campaigns.pause(maria, made)
    assert went(maria, clock, post, days=9)[:2] == COURSE[:2]
    clock.pass_by(days=5, hours=1)
    assert went(maria, clock, post, days=1) == COURSE[2:3]
    campaigns.resume(maria, made)

    (came,) = [line for line in went(maria, clock, post, days=3) if "News" in line]
    assert came[:6] != COURSE[2][:6]


def test_who_is_on_pause_keeps_what_is_sent_now_to_the_others(maria: House, clock: TwoClocks, post: Post) -> None:
    made = start(maria)
    clock.pass_by(days=2)
    preferences.pause(maria, preferences_token(maria), "2")

    assert giving_way.send_now(maria, made) == SentNow(0, 1)
    assert "News" in str(went(maria, clock, post, days=50))


def test_nothing_is_sent_now_of_a_campaign_that_waits_for_nobody(maria: House) -> None:
    draft = campaigns.create(maria, subject="News", body="Some news.")
    for word in (giving_way.send_now, giving_way.let_go):
        with pytest.raises(CampaignError, match="waits for nobody"):
            word(maria, draft)


@pytest.mark.parametrize("word", ["hold", "digest"])
def test_who_takes_leaving_back_gets_what_waited_for_the_end_of_her_course(
    maria: House, clock: TwoClocks, post: Post, word: str
) -> None:
    giving_way.set_etiquette(maria, "letters", word)
    made = [start(maria), start(maria, "More")]
    clock.pass_by(days=2)
    leaving.leave(maria, leave_token(maria), method="page")
    assert campaigns.finish_done(maria) == 2
    leaving.undo(maria, leave_token(maria))
    leaving.undo(maria, leave_token(maria))

    came = [line for line in went(maria, clock, post, days=60) if "Lesson" not in line]
    assert len(came) == (2 if word == "hold" else 1)
    assert [one["reason"] for one in rows(maria, MARIA, kind=Kind.CAMPAIGN)].count("left") == 0
    assert campaigns.finish_done(maria) == len(made)


def test_who_takes_leaving_back_gets_the_mail_of_several_campaigns_that_waited_for_its_day(
    maria: House, clock: TwoClocks, post: Post
) -> None:
    """It was put together, and refused for a while; then she left, and came back."""
    giving_way.set_etiquette(maria, "letters", "digest")
    start(maria)
    start(maria, "More")
    refusing = Post(answer=lambda one: Deferred("450 later") if _is_digest(one) else OK)
    went(maria, clock, refusing, days=24)
    assert {one["reason"] for one in rows(maria, MARIA, kind=Kind.CAMPAIGN)} >= {ONE_MAIL}
    leaving.leave(maria, leave_token(maria), method="page")
    leaving.undo(maria, leave_token(maria))
    clock.pass_by(days=1)
    tick(maria, post)

    (mail,) = [one for one in post.accepted if _is_digest(one)]
    assert b"What News says" in mail.data
    assert b"What More says" in mail.data


def test_who_takes_leaving_back_gets_the_campaign_that_waited_a_day_for_a_lesson(
    maria: House, clock: TwoClocks, post: Post
) -> None:
    giving_way.set_etiquette(maria, "letters", "anyway")
    assert went(maria, clock, post, days=8) == COURSE[:1]
    start(maria)
    tick(maria, post)
    assert post.subjects(MARIA)[-1] == "Lesson 2"
    leaving.leave(maria, leave_token(maria), method="page")
    leaving.undo(maria, leave_token(maria))

    assert "News" in str(went(maria, clock, post, days=5))


def test_what_waited_for_a_course_comes_at_her_hour_also_when_the_campaign_was_paused_meanwhile(
    maria: House, clock: TwoClocks, post: Post
) -> None:
    made = start(maria)
    campaigns.pause(maria, made)
    went(maria, clock, post, days=40)
    clock.pass_by(hours=18)
    campaigns.resume(maria, made)

    (line,) = went(maria, clock, post, days=3)
    assert line[7:] == "09 News"


def test_after_a_pause_it_comes_on_the_day_after_its_end(maria: House, clock: TwoClocks, post: Post) -> None:
    start(maria)
    assert went(maria, clock, post, days=22) == COURSE[:3]
    tick(maria, post)
    clock.pass_by(hours=1)
    preferences.pause(maria, preferences_token(maria), "2")
    until = person(maria).paused_until
    assert until is not None

    (line,) = [line for line in went(maria, clock, post, days=40) if "News" in line]
    assert line == f"{berlin(until) + timedelta(days=1):%d %b} 09 News"
