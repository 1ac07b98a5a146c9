"""What differs between two states of a course, and the order in which it can be sent."""

from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.course import Changes, Role, changes, in_its_place


def course(*keys: str, **texts: str) -> list[tuple[str, str]]:
    return [(key, texts.get(key, key)) for key in keys]


def test_the_same_course_has_no_changes() -> None:
    assert changes(course("a", "b"), course("a", "b")).is_empty


def test_every_kind_of_change_is_named() -> None:
    before, after = course("a", "b", "c", "d"), course("d", "a", "b", "e", b="other words")

    assert changes(before, after) == Changes(new=("e",), changed=("b",), moved=("d",), removed=("c",))


def test_a_lesson_inserted_or_removed_moves_no_other() -> None:
    assert changes(course("a", "b", "c"), course("x", "a", "c")).moved == ()


@given(st.permutations(list("abcdefg")))
def test_those_that_did_not_move_stand_in_their_old_order(after: list[str]) -> None:
    moved = changes(course(*"abcdefg"), course(*after)).moved
    stayed = [key for key in after if key not in moved]

    assert stayed == sorted(stayed) and len(stayed) >= 1


def test_the_opening_is_first_and_the_closing_last() -> None:
    roles = [Role.CLOSING, Role.WEEKLY, Role.OPENING, Role.WEEKLY]

    assert in_its_place(roles) == [2, 1, 3, 0]
