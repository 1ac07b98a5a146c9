"""Editing a course: readers have what was published until somebody publishes again, and nobody's words are lost."""

from dataclasses import replace

import pytest

from newsletter.domain.cadence import Cadence, Timing
from newsletter.domain.course import CourseText, Lesson, Role
from newsletter.store import courses as rows
from newsletter.store import drafts, places, timetables, whereabouts
from newsletter.usecases import calendars, conditions, courses, lessons, publishing
from newsletter.usecases.courses import CourseError
from newsletter.usecases.house import House
from newsletter.usecases.lessons import NEW, Kept, Manuscript, Overtaken, Refused
from tests.usecases.household import Post, TwoClocks, a_course, a_lesson, join, tick

SLUG = "belonging"


def manuscript(house: House, slug: str = SLUG) -> Manuscript:
    with house.store.reading() as tx:
        found = lessons.read(tx, slug)
    assert found is not None
    return found


def keys(house: House) -> list[str]:
    return [one.text.key for one in manuscript(house).lessons]


def published(house: House) -> list[str]:
    with house.store.reading() as tx:
        course = rows.by_slug(tx, SLUG)
        assert course is not None
        return [one.text.body for one in manuscript(house).published]


def rewrite(house: House, key: str, words: str, seen: str | None = None) -> Kept | Overtaken | Refused:
    stands = manuscript(house).find(key)
    assert stands is not None
    seen = stands.digest if seen is None else seen
    return lessons.save(house, SLUG, replace(stands.text, body=words), seen=seen)


def test_what_is_written_goes_into_a_draft_and_readers_keep_what_they_have(house: House) -> None:
    before = published(house)
    assert isinstance(rewrite(house, "lesson-01", "Better words."), Kept)

    now = manuscript(house)
    assert (now.is_draft, now.changes.changed, published(house)) == (True, ("lesson-01",), before)
    assert publishing.publish(house, SLUG, seen=now.digest) == 2
    assert "Better words." in published(house)


def test_a_second_change_goes_into_the_same_draft(house: House) -> None:
    rewrite(house, "lesson-01", "Better words.")
    rewrite(house, "lesson-02", "More of them.")

    assert publishing.publish(house, SLUG, seen=manuscript(house).digest) == 2
    assert publishing.publish(house, SLUG) is None


def test_words_taken_back_leave_no_draft(house: House) -> None:
    rewrite(house, "lesson-01", "Better words.")
    rewrite(house, "lesson-01", "Some words.")

    assert not manuscript(house).is_draft


def test_who_was_overtaken_sees_the_others_words_and_loses_none_of_her_own(house: House) -> None:
    old = manuscript(house).find("lesson-01")
    assert old is not None
    rewrite(house, "lesson-01", "Theirs.")

    answer = rewrite(house, "lesson-01", "Hers.", seen=old.digest)
    assert isinstance(answer, Overtaken) and answer.theirs is not None and answer.theirs.body == "Theirs."
    assert isinstance(rewrite(house, "lesson-01", "Hers.", seen=answer.seen), Kept)


def test_two_who_write_the_same_words_do_not_collide(house: House) -> None:
    old = manuscript(house).find("lesson-01")
    assert old is not None
    rewrite(house, "lesson-01", "The same.")

    assert isinstance(rewrite(house, "lesson-01", "The same.", seen=old.digest), Kept)


def test_a_letter_removed_meanwhile_can_be_put_back_with_its_new_words(house: House) -> None:
    old = manuscript(house).find("lesson-02")
    assert old is not None
    lessons.remove(house, SLUG, "lesson-02")

    mine = replace(old.text, body="Still wanted.")
    answer = lessons.save(house, SLUG, mine, seen=old.digest)
    assert answer == Overtaken(None, "")
    assert isinstance(lessons.save(house, SLUG, mine, seen=""), Kept)
    back = manuscript(house).find("lesson-02")
    assert back is not None and back.lesson_id == old.lesson_id


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("title", " "),
        ("title", "x" * 251),
        ("subject", ""),
        ("subject", "For {{ nme }}"),
        ("preheader", "{% for a in b %}"),
        ("body", " \n "),
        ("body", "[here](ftp://example.org/a)"),
        ("practice", "{{ 7*7 }}"),
        ("reflection", "[there](/somewhere)"),
    ],
)
def test_what_cannot_be_sent_is_said_beside_its_field_and_not_kept(house: House, field: str, words: str) -> None:
    lesson = replace(a_lesson(1), **{field: words})
    answer = lessons.save(house, SLUG, lesson, seen="")

    assert isinstance(answer, Overtaken | Refused)
    stands = manuscript(house).find("lesson-01")
    assert stands is not None
    answer = lessons.save(house, SLUG, lesson, seen=stands.digest)
    assert isinstance(answer, Refused) and set(answer.problems) == {field}
    assert not manuscript(house).is_draft


def test_a_letter_that_gmail_would_cut_is_refused(house: House) -> None:
    answer = rewrite(house, "lesson-01", "A paragraph of words.\n\n" * 2_400)

    assert isinstance(answer, Refused) and "Gmail" in answer.problems["body"]


def test_a_course_has_one_opening_and_one_closing(house: House) -> None:
    answer = lessons.save(house, SLUG, replace(a_lesson(9, Role.OPENING), key=NEW), seen="")

    assert isinstance(answer, Refused) and "Lesson 0" in answer.problems["role"]


def test_a_new_letter_stands_before_the_farewell_under_a_key_of_its_own(house: House) -> None:
    lessons.remove(house, SLUG, "lesson-03")
    answer = lessons.save(house, SLUG, replace(a_lesson(3), key=NEW), seen="")

    assert answer == Kept("lesson-3", answer.revision_id if isinstance(answer, Kept) else 0)
    assert keys(house) == ["lesson-00", "lesson-01", "lesson-02", "lesson-3", "lesson-04"]
    again = lessons.save(house, SLUG, replace(a_lesson(3), key=NEW), seen="")
    assert isinstance(again, Kept) and again.key == "lesson-3-2"


def test_letters_move_but_the_opening_stays_first_and_the_closing_last(house: House) -> None:
    lessons.move(house, SLUG, "lesson-02", up=True)
    assert keys(house) == ["lesson-00", "lesson-02", "lesson-01", "lesson-03", "lesson-04"]
    lessons.move(house, SLUG, "lesson-02", up=True)
    lessons.move(house, SLUG, "lesson-03", up=False)
    lessons.move(house, SLUG, "lesson-04", up=False)
    assert keys(house) == ["lesson-00", "lesson-02", "lesson-01", "lesson-03", "lesson-04"]
    lessons.move(house, SLUG, "lesson-02", up=False)
    assert not manuscript(house).is_draft


def test_a_removed_letter_comes_back_to_its_place(house: House) -> None:
    lessons.remove(house, SLUG, "lesson-02")
    assert manuscript(house).changes.removed == ("lesson-02",)
    lessons.put_back(house, SLUG, "lesson-02")

    assert not manuscript(house).is_draft


def test_a_draft_thrown_away_leaves_what_readers_have(house: House) -> None:
    before = published(house)
    rewrite(house, "lesson-01", "Better words.")
    lessons.remove(house, SLUG, "lesson-02")

    assert lessons.discard(house, SLUG)
    assert not lessons.discard(house, SLUG)
    assert (published(house), manuscript(house).is_draft) == (before, False)


def test_only_the_draft_that_was_looked_at_is_published(house: House) -> None:
    rewrite(house, "lesson-01", "Better words.")
    seen = manuscript(house).digest
    rewrite(house, "lesson-01", "Others.")

    assert publishing.publish(house, SLUG, seen=seen) is None
    assert manuscript(house).is_draft


def test_a_course_without_a_letter_is_not_published(house: House) -> None:
    for key in keys(house):
        lessons.remove(house, SLUG, key)

    with pytest.raises(CourseError, match="at least one letter"):
        publishing.publish(house, SLUG, seen=manuscript(house).digest)


def test_a_course_of_articles_begins_as_a_draft_and_takes_no_other_courses_name(bare_house: House) -> None:
    made = CourseText("quiet", "Quiet letters", (a_lesson(1), a_lesson(0, Role.OPENING)))
    lessons.begin(bare_house, made)

    kept = manuscript(bare_house, "quiet")
    assert [one.text.key for one in kept.lessons] == ["lesson-00", "lesson-01"]
    assert (kept.is_draft, kept.published) == (True, ())
    with pytest.raises(CourseError, match="already"):
        lessons.begin(bare_house, made)


def test_a_new_version_of_the_shipped_course_publishes_no_draft(house: House) -> None:
    rewrite(house, "lesson-01", "Unfinished.")
    lessons.remove(house, SLUG, "lesson-02")
    shipped = a_course()
    better = tuple(replace(one, body="Mended.") if one.key == "lesson-03" else one for one in shipped.lessons)

    assert courses.load_shipped(house, replace(shipped, lessons=better))
    assert published(house) == ["Some words.", "Some words.", "Some words.", "Mended.", "Some words."]
    now = manuscript(house)
    assert (now.is_draft, now.changes.changed, now.changes.removed) == (True, ("lesson-01",), ("lesson-02",))
    assert now.find("lesson-03").text.body == "Mended."  # type: ignore[union-attr]
    assert not courses.load_shipped(house, replace(shipped, lessons=better))


def test_a_new_version_leaves_the_drafts_calendar_and_conditions_in_the_draft(house: House) -> None:
    every_five_days = Cadence(every=5, gap=4)
    calendars.set_cadence(house, SLUG, every_five_days)
    calendars.set_timing(house, SLUG, "lesson-02", Timing(delay=9))
    conditions.set_condition(house, SLUG, "lesson-03", "list:letters")
    better = tuple(replace(one, body="Mended.") for one in a_course().lessons)

    assert courses.load_shipped(house, replace(a_course(), lessons=better))
    assert published(house) == ["Mended."] * 5
    with house.store.reading() as tx:
        course = rows.by_slug(tx, SLUG)
        assert course is not None
        draft = drafts.newest(tx, course.id)
        assert draft is not None and draft.published_at is None
        assert timetables.cadence(tx, draft.id) == every_five_days != timetables.cadence_of(tx, course.id)
        said = {one.key: places.said(tx, draft.id)[one.lesson_id] for one in rows.order_of(tx, draft.id)}
    assert said["lesson-02"]["timing"] and said["lesson-03"]["condition"] == "list:letters"
    assert not said["lesson-01"]["timing"]


def test_a_new_version_leaves_an_owners_published_words(house: House) -> None:
    rewrite(house, "lesson-01", "The owner's.")
    publishing.publish(house, SLUG, seen=manuscript(house).digest)
    better = tuple(replace(one, body="Mended.") for one in a_course().lessons)

    assert courses.load_shipped(house, replace(a_course(), lessons=better))
    assert published(house) == ["Mended.", "The owner's.", "Mended.", "Mended.", "Mended."]
    assert not manuscript(house).is_draft


def test_each_stands_where_her_next_letter_is_whatever_the_order(house: House, clock: TwoClocks, post: Post) -> None:
    join(house, "ana@example.org")
    tick(house, post)
    clock.pass_by(days=2)
    tick(house, post)
    join(house, "ines@example.org")
    tick(house, post)
    assert where(house) == {"lesson-01": 1, "lesson-02": 1}

    lessons.move(house, SLUG, "lesson-02", up=True)
    assert publishing.publish(house, SLUG, seen=manuscript(house).digest)
    assert where(house) == {"lesson-02": 2}


def test_a_letter_that_never_arrived_is_awaited_again(house: House, clock: TwoClocks, post: Post) -> None:
    join(house)
    tick(house, post)
    with house.store.transaction() as tx:
        tx.exec_driver_sql("UPDATE deliveries SET state = 'expired' WHERE kind = 'lesson'")

    assert where(house) == {"lesson-00": 1}


def where(house: House) -> dict[str, int]:
    with house.store.reading() as tx:
        course = rows.by_slug(tx, SLUG)
        assert course is not None
        order = rows.order(tx, course.id)
        counted = whereabouts.awaiting(tx, course.id, [one.lesson_id for one in order])
    return {one.key: counted[one.lesson_id] for one in order if one.lesson_id in counted}


def test_a_course_of_more_letters_than_a_number_has_bits_is_counted_too(bare_house: House, post: Post) -> None:
    many = tuple(Lesson(f"l-{n}", Role.WEEKLY, f"L {n}", f"L {n}", "", "Words.") for n in range(130))
    courses.load_shipped(bare_house, CourseText(SLUG, "Long", many))
    join(bare_house)

    assert where(bare_house) == {"l-0": 1}
