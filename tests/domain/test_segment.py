"""Who is meant: terms, and, or, not, brackets; and sentences for what cannot be read."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.course import Role
from newsletter.domain.enrollment import LessonRef
from newsletter.domain.segment import Facts, SegmentError, meets, read, terms, unmet, words

MARIA = Facts(
    {"letters"},
    {"welcome", "repair"},
    {"timezone": "Europe/Berlin", "hour": "9", "weekday": "any"},
    tags={"returning", "book-club"},
    answered={"repair"},
)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("", True),
        ("list:letters", True),
        ("list:other", False),
        ("not list:other", True),
        ("lesson:repair and list:letters", True),
        ("lesson:rest or LIST:Letters", True),
        ("timezone:Europe/*", True),
        ("timezone:america/*", False),
        ('timezone:"Europe/Berlin"', True),
        ("hour:9 and not weekday:monday", True),
        ("pace:2", False),
        ("list:other and list:letters or hour:9", True),
        ("list:other and (list:letters or hour:9)", False),
        ("not (list:other or lesson:rest)", True),
        ("not not list:letters", True),
        ("tag:returning and tag:book-*", True),
        ("tag:letters or list:returning", False),
        ("answered:repair", True),
        ("answered:welcome or answered:returning", False),
    ],
)
def test_an_expression_holds_of_a_reader_or_does_not(text: str, holds: bool) -> None:
    assert meets(text, MARIA) is holds


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (" ", "at least one term"),
        ("letters", "written list:letters"),
        ("color:red", "none of the words"),
        ("list:a list:b", "“and” or “or” between"),
        ("list:a and", "missing at the end"),
        ("(list:a", "not closed"),
        (") list:a", "not expected"),
        ("list:a; drop", "cannot be read|not expected"),
        ("list:a or " * 80, "characters"),
    ],
)
def test_what_cannot_be_read_is_answered_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(SegmentError, match=sentence):
        read(text)


TERMS = st.builds(
    "{}:{}".format, st.sampled_from(["list", "lesson", "hour", "tag", "answered"]), st.sampled_from(["a", "b", "9"])
)
WHOLE = st.recursive(
    TERMS,
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from(["and", "or"]), inner) | inner.map("not {}".format)
    ),
    max_leaves=12,
)
SOME = st.sets(st.sampled_from("ab9"))
FACTS = st.builds(Facts, SOME, SOME, st.just({"hour": "9"}), SOME, SOME)


@given(WHOLE, WHOLE, FACTS)
def test_it_says_what_python_would_say(one: str, other: str, facts: Facts) -> None:
    assert meets(f"{one} and {other}", facts) is (meets(f"({one})", facts) and meets(f"({other})", facts))
    assert meets(f"{one} or {other}", facts) is (meets(one, facts) or meets(other, facts))
    assert meets(f"not ({one})", facts) is not meets(one, facts)


@given(WHOLE, FACTS, FACTS)
def test_nothing_counts_that_no_term_speaks_of(text: str, facts: Facts, other: Facts) -> None:
    """So whoever judges an expression need not ask for more than its words name."""
    named = words([text])
    known = {"list": "lists", "lesson": "lessons", "tag": "tags", "answered": "answered"}
    swapped = replace(facts, **{name: getattr(other, name) for word, name in known.items() if word not in named})

    assert named == {term.word for term in terms(text)} and "" not in named
    assert meets(text, facts) is meets(text, swapped)


@given(st.text(max_size=40))
def test_no_text_does_worse_than_a_sentence(text: str) -> None:
    try:
        read(text)
    except SegmentError as error:
        assert str(error).endswith(".")


def test_lessons_whose_condition_is_not_met_are_named() -> None:
    def lesson(number: int, condition: str) -> LessonRef:
        return LessonRef(number, number, f"k{number}", Role.WEEKLY, condition=condition)

    assert unmet([lesson(1, ""), lesson(2, "list:letters"), lesson(3, "list:other")], MARIA) == {3}
