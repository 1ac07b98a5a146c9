"""An article imported again: keys stay where a section is the same, and what the owner wrote herself is kept."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.course import Lesson, Role
from newsletter.domain.differences import between, passages
from newsletter.domain.reimport import Known, likeness, matches, merged

FLOUR = "Flour is ground from grain, and the finer it is the more water it takes up. Weigh it, never scoop it."
WATER = "Water wakes the yeast. Use it lukewarm, as warm as the inside of your wrist, and add it slowly."
FIRE = "An oven that is hot enough gives bread its crust. Heat it for an hour before you bake anything in it."


def lesson(key: str, title: str, body: str, role: Role = Role.WEEKLY, source: str = "s", subject: str = "") -> Lesson:
    return Lesson(key, role, title, subject or "Letter 1 of 9", "Preview.", body, sources=(source,) if source else ())


BEFORE = (lesson("flour", "Flour", FLOUR), lesson("water", "Water", WATER), lesson("fire", "Fire", FIRE))


def again(*imported: Lesson, before: tuple[Lesson, ...] = BEFORE, known: dict[str, Known] | None = None):
    said = {one.key: Known(frozenset([one.body]), frozenset([one.title])) for one in before}
    return merged(before, imported, known or said, {one.key for one in before})


def keys(lessons: tuple[Lesson, ...]) -> list[str]:
    return [one.key for one in lessons]


def test_the_same_article_changes_nothing_but_what_counts() -> None:
    found = again(*(replace(one, key=f"x-{one.key}") for one in BEFORE))

    assert keys(found) == ["flour", "water", "fire"]
    assert [one.subject for one in found] == ["Letter 1 of 3", "Letter 2 of 3", "Letter 3 of 3"]
    assert all(one.state == "same" for one in between(found, again(*BEFORE, before=found)))


def test_a_section_keeps_its_key_by_its_words_by_its_heading_or_by_most_of_its_words() -> None:
    found = again(
        lesson("a", "Of flour", FLOUR),
        lesson("b", "Water", "Altogether other words stand here now, and none of the ones before."),
        lesson("c", "The oven", FIRE.replace("for an hour", "for two hours")),
    )

    assert keys(found) == ["flour", "water", "fire"]
    assert [one.title for one in found] == ["Of flour", "Water", "The oven"]
    assert "two hours" in found[2].body


def test_a_new_section_gets_a_key_that_was_never_used_and_a_lost_one_goes() -> None:
    found = again(
        lesson("flour", "Salt", "Salt goes in last, or the yeast suffers from it more than it likes."), *BEFORE[1:]
    )

    assert keys(found) == ["flour-2", "water", "fire"]


def test_sections_that_changed_places_do_so_in_the_course() -> None:
    assert keys(again(BEFORE[2], BEFORE[0], BEFORE[1])) == ["fire", "flour", "water"]


def test_what_the_owner_wrote_herself_stays() -> None:
    hers = replace(BEFORE[0], subject="A cup of flour", practice="Weigh some.", body="Flour, in my own words.")
    own = lesson("rest", "Rest", "Let it rest.", source="")
    before = (hers, own, *BEFORE[1:])
    known = {"flour": Known(frozenset([FLOUR, hers.body]), frozenset(["Flour"]))}
    found = again(BEFORE[2], *BEFORE[:2], before=before, known=known)

    assert keys(found) == ["fire", "flour", "rest", "water"]
    assert (found[1].body, found[1].subject, found[1].practice) == (hers.body, hers.subject, hers.practice)


def test_there_is_one_opening_and_one_farewell() -> None:
    before = (replace(BEFORE[0], role=Role.OPENING), BEFORE[1], lesson("end", "End", FIRE, Role.CLOSING, source=""))
    found = again(
        lesson("hello", "Hello", "A wholly new beginning that has not been there before.", Role.OPENING),
        BEFORE[0],
        BEFORE[1],
        before=before,
    )

    assert [(one.key, one.role) for one in found] == [
        ("hello", Role.OPENING),
        ("flour", Role.WEEKLY),
        ("water", Role.WEEKLY),
        ("end", Role.CLOSING),
    ]


WORDS = st.lists(
    st.sampled_from(["bread", "water", "fire", "salt", "time", "rest", "hand", "oven", "crumb", "crust"]),
    min_size=3,
    max_size=30,
)
ARTICLES = st.lists(st.tuples(st.text("abc ", min_size=1, max_size=6), WORDS.map(" ".join)), max_size=7)


@given(ARTICLES, ARTICLES)
def test_no_lesson_is_two_sections_and_no_key_is_given_twice(old: list, new: list) -> None:
    before = tuple(lesson(f"old-{place}", *one) for place, one in enumerate(old))
    imported = [lesson(f"new-{place}", *one) for place, one in enumerate(new)]
    pairs, found = matches(before, imported), again(*imported, before=before)

    assert len(set(pairs.values())) == len(pairs)
    assert len(set(keys(found))) == len(found) == len(imported)
    assert again(*imported, before=found) == found, "a second time it changes nothing"


def test_likeness_is_of_words_in_their_order() -> None:
    assert likeness(FLOUR, FLOUR.upper()) == 1
    assert likeness(FLOUR, WATER) < 0.1
    assert likeness("one", "one") == likeness("", "") == 0


def test_differences_are_told_passage_by_passage_with_words_around() -> None:
    (one,) = passages("It is a fine day for baking bread", "It is a rainy day for baking bread")
    assert (one.before, one.removed, one.added) == ("It is a", "fine", "rainy")
    assert one.after == "day for baking bread"
    assert list(passages("the same", "the same")) == []


def test_differences_name_what_is_new_changed_moved_called_otherwise_and_taken_out() -> None:
    after = (BEFORE[2], replace(BEFORE[0], title="Of flour"), lesson("salt", "Salt", "Salt."))
    told = {one.key: (one.state, one.was_called) for one in between(BEFORE, after)}

    assert told == {"fire": ("moved", ""), "flour": ("changed", "Flour"), "salt": ("new", ""), "water": ("removed", "")}
