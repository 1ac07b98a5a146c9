"""A letter's question for yes or no: asked in the letter, kept until it is taken back, and other letters go by it."""

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.message import Message

import pytest
from sqlalchemy import select

from newsletter.domain.delivery import Kind
from newsletter.domain.discretion import READABLE_FOR
from newsletter.domain.tokens import Purpose
from newsletter.store import answers, tables
from newsletter.usecases import (
    answering,
    asking_again,
    conditions,
    discreet,
    lessons,
    people,
    planning,
    publishing,
    rights,
    time_machine,
)
from newsletter.usecases.house import House
from newsletter.usecases.lessons import Kept
from tests.usecases.household import Post, TwoClocks, join, person, preferences_token, row, rows, send, tick
from tests.usecases.test_conditions import SLUG, conditional, through
from tests.usecases.test_press import alone, claimed, printed

MARIA = "maria@example.org"
QUESTION = "Would you like two letters about grief, {{ name }}?"


def ask_in(house: House, key: str = "lesson-01", words: str = QUESTION) -> None:
    """Put a question into a letter, and publish it."""
    with house.store.reading() as tx:
        found = lessons.read(tx, SLUG)
    lesson = found.find(key)
    assert isinstance(lessons.save(house, SLUG, replace(lesson.text, ask=words), seen=lesson.digest), Kept)
    assert publishing.publish(house, SLUG)


def token(house: House, email: str = MARIA, key: str = "lesson-01", purpose: Purpose = Purpose.ANSWER) -> str:
    """The link of somebody's letter."""
    with house.store.reading() as tx:
        lesson = tx.scalar(select(tables.lessons.c.id).where(tables.lessons.c.key == key))
    return house.keyring.token(purpose, rows(house, email, kind=Kind.LESSON, lesson_id=lesson)[-1]["public_id"])


def say(house: House, said: str, email: str = MARIA) -> bool:
    return answering.answer(house, Purpose.ANSWER, token(house, email), said)


def until_lesson_1(house: House, clock: TwoClocks, post: Post) -> None:
    tick(house, post)
    clock.pass_by(days=1)
    tick(house, post)


def kept(house: House) -> list[tuple[str, str]]:
    with house.store.reading() as tx:
        return [(one.lesson, one.said) for one in answers.of(tx, person(house).id)]


def parts(message: Message) -> tuple[str, str]:
    both = [part.get_payload(decode=True).decode() for part in message.walk() if not part.is_multipart()]
    return both[0], both[1]


def test_the_letter_asks_in_both_parts_with_a_link_of_its_own(house: House, clock: TwoClocks, post: Post) -> None:
    ask_in(house)
    join(house, name="Maria")
    until_lesson_1(house, clock, post)
    letter = message_from_bytes(post.accepted[-1].data)
    link = f"https://letters.example.org/answer/{token(house)}"

    for part in parts(letter):
        assert "Would you like two letters about grief, Maria?" in " ".join(part.split())
        assert link in part
        assert "We keep this answer" in " ".join(part.split())
    assert f"/reflect/{token(house, purpose=Purpose.VIEW)}" in parts(letter)[0], "the other page has another token"


def test_a_letter_without_a_question_says_nothing_of_it(house: House, clock: TwoClocks, post: Post) -> None:
    join(house)
    until_lesson_1(house, clock, post)

    assert "/answer/" not in "".join(parts(message_from_bytes(post.accepted[-1].data)))
    with house.store.reading() as tx:
        assert answering.look(house, tx, Purpose.ANSWER, token(house)) is None
    assert not say(house, "yes") and kept(house) == []


def test_printed_for_many_it_is_the_letter_that_each_alone_would_get(house: House, clock: TwoClocks) -> None:
    ask_in(house, "lesson-01")
    for number, name in enumerate(("Anna", "", "Zoë & Söhne", "Anna")):
        join(house, f"reader{number}@example.org", name=name)
    send(house)
    clock.pass_by(days=1)
    planning.plan_due(house)
    claims = claimed(house, Kind.LESSON)
    assert len(claims) == 4
    for claim, message in zip(claims, printed(house, claims), strict=True):
        assert not isinstance(message, Exception), message
        assert message == alone(house, claim)
        mine = house.keyring.token(Purpose.ANSWER, claim.public_id)
        assert mine in parts(message_from_bytes(message))[0]


def test_she_says_yes_or_no_says_it_otherwise_and_takes_it_back(house: House, clock: TwoClocks, post: Post) -> None:
    ask_in(house)
    join(house, name="Maria")
    until_lesson_1(house, clock, post)
    with house.store.reading() as tx:
        seen = answering.look(house, tx, Purpose.ANSWER, token(house))
    assert seen is not None
    assert (seen.question, seen.said) == ("Would you like two letters about grief, Maria?", "")
    for said, stands in (("yes", "yes"), ("yes", "yes"), ("no", "no"), ("back", ""), ("back", ""), ("no", "no")):
        assert say(house, said)
        assert kept(house) == ([("lesson-01", stands)] if stands else [])
        with house.store.reading() as tx:
            assert answering.look(house, tx, Purpose.ANSWER, token(house)).said == stands
    assert not say(house, "perhaps") and kept(house) == [("lesson-01", "no")]


@pytest.mark.parametrize("purpose", [one for one in Purpose if one is not Purpose.ANSWER])
def test_no_other_link_of_hers_opens_it(house: House, clock: TwoClocks, post: Post, purpose: Purpose) -> None:
    ask_in(house)
    join(house)
    until_lesson_1(house, clock, post)

    assert not answering.answer(house, Purpose.ANSWER, token(house, purpose=purpose), "yes")
    assert kept(house) == []


def test_letters_go_by_a_yes(house: House, clock: TwoClocks, post: Post) -> None:
    ask_in(house)
    conditional(house, "lesson-02", "answered:lesson-01")
    conditional(house, "lesson-03", "not answered:lesson-01")
    everybody = "yes@example.org", "no@example.org", "silent@example.org", "changed@example.org"
    for email in everybody:
        join(house, email)
    until_lesson_1(house, clock, post)
    say(house, "yes", "yes@example.org")
    say(house, "no", "no@example.org")
    say(house, "yes", "changed@example.org")
    say(house, "back", "changed@example.org")
    through(house, clock, post, *everybody)

    assert post.subjects("yes@example.org") == ["Lesson 0", "Lesson 1", "Lesson 2", "Lesson 4"]
    for email in everybody[1:]:
        assert post.subjects(email) == ["Lesson 0", "Lesson 1", "Lesson 3", "Lesson 4"], email


def test_preview_dry_run_and_forecast_know_what_she_said(house: House, clock: TwoClocks, post: Post) -> None:
    ask_in(house)
    conditional(house, "lesson-02", "answered:lesson-01")
    join(house)
    until_lesson_1(house, clock, post)

    def shown() -> tuple[list[str], int, int]:
        coming = [one.lesson for one in time_machine.reader(house, SLUG, MARIA).letters]
        total = sum(letters for _, letters in time_machine.forecast(house).days)
        conditions.set_condition(house, SLUG, "lesson-03", "hour:9")
        told = publishing.look_ahead(house, SLUG)
        lessons.discard(house, SLUG)
        return coming, total, {one.key: one.people for one in told.lessons}["lesson-02"]

    assert shown() == (["lesson-03", "lesson-04"], 2, 0)
    say(house, "yes")
    assert shown() == (["lesson-02", "lesson-03", "lesson-04"], 3, 1)


def test_an_answer_is_to_a_lesson_whatever_occasion_it_came_on(house: House, clock: TwoClocks, post: Post) -> None:
    ask_in(house)
    join(house)
    until_lesson_1(house, clock, post)
    first = token(house)
    say(house, "yes")
    with house.store.reading() as tx:
        letter = asking_again.had(house, tx, preferences_token(house))[0].public_id
    assert asking_again.send_again(house, preferences_token(house), letter)
    tick(house, post)
    assert token(house) != first
    say(house, "no")

    assert kept(house) == [("lesson-01", "no")]


def test_all_answers_are_taken_back_by_the_preferences_also_by_somebody_who_left(
    house: House, clock: TwoClocks, post: Post
) -> None:
    ask_in(house)
    join(house)
    until_lesson_1(house, clock, post)
    say(house, "yes")
    assert not answering.take_all_back(house, "x" * 43)
    assert answering.take_all_back(house, preferences_token(house))
    assert kept(house) == []


def test_her_copy_holds_what_she_answered_and_it_is_erased_with_her(house: House, clock: TwoClocks, post: Post) -> None:
    ask_in(house)
    join(house, name="Maria")
    until_lesson_1(house, clock, post)
    say(house, "yes")
    link = token(house)
    assert [one["said"] for one in people.portrait(house, MARIA).answers] == ["yes"]
    with house.store.reading() as tx:
        assert "two letters about grief, Maria?" in rights.export(house, tx, person(house))
    rights.erase(house, person(house))

    with house.store.reading() as tx:
        assert tx.execute(select(tables.answers)).all() == []
        assert answering.look(house, tx, Purpose.ANSWER, link) is None
    assert not answering.answer(house, Purpose.ANSWER, link, "yes")


def test_a_discreet_mail_tells_nothing_of_the_question_and_its_page_expires_with_it(
    house: House, clock: TwoClocks, post: Post
) -> None:
    ask_in(house)
    join(house)
    discreet.choose(house, preferences_token(house), "on")
    until_lesson_1(house, clock, post)
    mail = post.accepted[-1].data.decode()
    assert "grief" not in mail and "answer" not in mail and "yes or no" not in mail
    link = token(house, purpose=Purpose.DISCREET)
    assert answering.answer(house, Purpose.DISCREET, link, "yes") and kept(house) == [("lesson-01", "yes")]
    clock.pass_by(READABLE_FOR - timedelta(seconds=1))
    assert answering.answer(house, Purpose.DISCREET, link, "no")
    clock.pass_by(seconds=1)

    assert not answering.answer(house, Purpose.DISCREET, link, "yes") and kept(house) == [("lesson-01", "no")]
    assert answering.take_all_back(house, preferences_token(house)) and kept(house) == []


def test_other_words_are_the_same_question_and_what_she_answered_is_kept_in_its_own_words(
    house: House, clock: TwoClocks, post: Post
) -> None:
    ask_in(house, words="Shall there be more?")
    join(house)
    until_lesson_1(house, clock, post)
    say(house, "yes")
    ask_in(house, words="Would you like more?")

    with house.store.reading() as tx:
        assert [one.question for one in answers.of(tx, person(house).id)] == ["Shall there be more?"]
        assert answering.look(house, tx, Purpose.ANSWER, token(house)).question == "Shall there be more?"


@pytest.mark.parametrize(
    ("key", "who", "sentence"),
    [
        ("lesson-02", "answered:lesson-01", ""),
        ("lesson-02", "answered:LESSON-01 or answered:lesson-*", ""),
        ("lesson-02", "answered:lesson-03", "a letter that asks no such question"),
        ("lesson-02", "answered:nothing", "no such letter"),
        ("lesson-01", "answered:lesson-01", "comes no sooner"),
        ("lesson-00", "not (hour:9 and answered:lesson-01)", "comes no sooner"),
    ],
)
def test_a_condition_that_nobody_can_meet_is_told(house: House, key: str, who: str, sentence: str) -> None:
    ask_in(house)
    conditions.set_condition(house, SLUG, key, who)
    told = [one for one in conditions.doubts(house, SLUG) if "speaks of" in one]

    assert len(told) == bool(sentence)
    assert all(sentence in one and one.endswith(".") for one in told)


def test_a_question_on_which_no_letter_depends_is_told(house: House) -> None:
    assert conditions.doubts(house, SLUG) == []
    ask_in(house)
    (told,) = conditions.doubts(house, SLUG)
    assert "no letter depends on it" in told
    conditional(house, "lesson-02", "answered:lesson-01")
    assert conditions.doubts(house, SLUG) == []
    assert conditions.doubts(house, "nothing") == []


def test_the_row_of_an_answer_names_the_lesson_and_no_enrollment(house: House, clock: TwoClocks, post: Post) -> None:
    ask_in(house)
    join(house)
    until_lesson_1(house, clock, post)
    say(house, "yes")
    with house.store.reading() as tx:
        (found,) = tx.execute(select(tables.answers)).all()

    assert found.lesson_id == row(house, MARIA, lesson_id=found.lesson_id)["lesson_id"]
    assert found.answered_at == clock.now()
