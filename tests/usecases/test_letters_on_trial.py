"""A test of a lesson goes to any address, says that it is one, and leaves every reader's course alone."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from newsletter.domain.address import AddressError
from newsletter.domain.delivery import Kind, State
from newsletter.store import courses
from newsletter.usecases.house import House
from newsletter.usecases.testing import TrialError, send_test_lesson, send_test_welcome
from tests.usecases.household import Post, row, send

OWNER = "owner@example.org"


def revisions(house: House) -> dict[str, int]:
    """The published lesson revisions by their lesson's key."""
    with house.store.reading() as tx:
        course = courses.by_slug(tx, "belonging")
        assert course
        return {one.key: one.revision_id for one in courses.order(tx, course.id)}


def only_mail(post: Post) -> EmailMessage:
    (mail,) = post.accepted
    message = message_from_bytes(mail.data, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def test_a_lesson_on_trial_arrives_marked_and_numbered(house: House) -> None:
    send_test_lesson(house, revisions(house)["lesson-02"], OWNER)

    post = send(house)

    mail = only_mail(post)
    assert (mail["Subject"], post.accepted[0].envelope_to) == ("[Test] Lesson 2", OWNER)
    page = mail.get_body(("html",)).get_content()
    assert "Letter 2 of 3" in page and "sent you a test" in page
    assert mail["List-Unsubscribe"] is None
    assert row(house)["state"] == State.SENT


def test_the_welcome_on_trial_names_the_day_a_new_reader_would_read(house: House) -> None:
    public_id = send_test_welcome(house, OWNER)

    mail = only_mail(send(house))

    # Monday 9:00 in Berlin; a day later is Tuesday 9:00.
    assert "Your first letter leaves on Tuesday, 3 March 2026" in mail.get_body(("plain",)).get_content()
    assert (row(house)["public_id"], row(house)["kind"]) == (public_id, Kind.TEST)


def test_the_same_lesson_may_be_tried_again_and_again(house: House) -> None:
    for _ in range(3):
        send_test_lesson(house, revisions(house)["lesson-01"], OWNER)

    assert send(house).subjects() == ["[Test] Lesson 1"] * 3


def test_what_cannot_be_tried_is_refused_with_a_sentence(house: House) -> None:
    with pytest.raises(TrialError, match="gone"):
        send_test_lesson(house, 4711, OWNER)
    with pytest.raises(AddressError):
        send_test_welcome(house, "nobody")


def test_without_a_course_there_is_no_welcome_to_try(bare_house: House) -> None:
    with pytest.raises(TrialError, match="Publish a course first"):
        send_test_welcome(bare_house, OWNER)
