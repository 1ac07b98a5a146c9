"""Courses: lessons that stay who they are, and revisions that say what they read like."""

import pytest

from newsletter.domain.course import Lesson, Role
from newsletter.store import courses
from newsletter.store.engine import Store
from tests.store.ledger import NOW


def a_lesson(key: str, words: str = "Words.", role: Role = Role.WEEKLY) -> Lesson:
    return Lesson(
        key, role, key.title(), f"On {key}", "In short.", words, "Do this.", "Ask that.", sources=("https://x.org",)
    )


@pytest.fixture
def course(store: Store) -> int:
    """A course without lessons."""
    with store.transaction() as tx:
        return courses.add(tx, "belonging", "Room at the Table", NOW).id


def revise(store: Store, course: int, *texts: Lesson, origin: str = "owner", **kept: int) -> int:
    with store.transaction() as tx:
        return courses.add_revision(tx, course, texts, kept=kept, origin=origin, now=NOW)


def publish(store: Store, course: int) -> int | None:
    with store.transaction() as tx:
        return courses.publish_newest(tx, course, NOW)


def keys(store: Store, course: int) -> list[str]:
    with store.reading() as tx:
        return [one.key for one in courses.order(tx, course)]


def test_a_draft_is_read_by_nobody_until_it_is_published(store: Store, course: int) -> None:
    revise(store, course, a_lesson("one"))
    assert keys(store, course) == []

    assert publish(store, course) == 1
    assert keys(store, course) == ["one"]
    assert publish(store, course) is None, "nothing waits"

    revise(store, course, a_lesson("two"), a_lesson("one"))
    assert keys(store, course) == ["one"]
    assert publish(store, course) == 2
    assert keys(store, course) == ["two", "one"]


def test_a_lesson_keeps_its_identity_through_every_revision(store: Store, course: int) -> None:
    revise(store, course, a_lesson("one"), a_lesson("two"))
    publish(store, course)
    with store.reading() as tx:
        before = {one.key: one for one in courses.order(tx, course)}
    revise(store, course, a_lesson("two", "Better words."), a_lesson("three"), a_lesson("one"))
    publish(store, course)
    with store.reading() as tx:
        after = {one.key: one for one in courses.order(tx, course)}

    assert after["two"].lesson_id == before["two"].lesson_id
    assert after["two"].revision_id != before["two"].revision_id
    assert after["three"].lesson_id not in {one.lesson_id for one in before.values()}


def test_what_was_pinned_before_reads_as_it_did(store: Store, course: int) -> None:
    revise(store, course, a_lesson("one", "Old words."))
    publish(store, course)
    with store.reading() as tx:
        (pinned,) = courses.order(tx, course)
    revise(store, course, a_lesson("one", "New words."))
    publish(store, course)

    with store.reading() as tx:
        assert courses.text(tx, pinned.revision_id) == a_lesson("one", "Old words.")
        (today,) = courses.order(tx, course)
        assert courses.text(tx, today.revision_id) == a_lesson("one", "New words.")


def test_a_kept_lesson_is_the_same_revision(store: Store, course: int) -> None:
    revise(store, course, a_lesson("one"), origin="shipped")
    with store.reading() as tx:
        (first,) = courses.texts(tx, courses.newest_revision(tx, course, published=False))
    revise(store, course, a_lesson("one"), a_lesson("two"), one=first.revision_id)

    with store.reading() as tx:
        found = courses.texts(tx, courses.newest_revision(tx, course, published=False))
    assert found[0] == first
    assert [one.origin for one in found] == ["shipped", "owner"]


def test_a_course_comes_back_word_for_word(store: Store, course: int) -> None:
    ends = a_lesson("welcome", role=Role.OPENING), a_lesson("bye", role=Role.CLOSING)
    told = [ends[0], a_lesson("one", "Füße & “quotes”\n"), ends[1]]
    revise(store, course, *told)

    with store.reading() as tx:
        whole = courses.whole(tx, "belonging", published=False)
        assert whole is not None and whole.lessons == tuple(told)
        assert courses.whole(tx, "belonging").lessons == ()
        assert courses.whole(tx, "nowhere") is None


def test_a_course_is_made_once(store: Store, course: int) -> None:
    with store.transaction() as tx:
        again = courses.add(tx, "belonging", "Another title", NOW)
        assert (again.id, again.title) == (course, "Room at the Table")
        assert [one.slug for one in courses.everything(tx)] == ["belonging"]


@pytest.mark.parametrize("part", ["role", "title", "subject", "preheader", "body", "practice", "reflection"])
def test_a_digest_tells_of_every_change_that_a_reader_would_see(part: str) -> None:
    one = a_lesson("one")
    other = {name: getattr(one, name) for name in Lesson.__slots__} | {part: Role.CLOSING if part == "role" else "!"}

    assert courses.text_digest(Lesson(**other)) != courses.text_digest(one)
    assert courses.text_digest(a_lesson("one")) == courses.text_digest(one)
