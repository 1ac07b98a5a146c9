"""What a tag looks like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.tags import LONGEST, TagError, read


@pytest.mark.parametrize(
    ("text", "tag"), [("returning", "returning"), (" Book  Club ", "book-club"), ("week-2", "week-2"), ("2027", "2027")]
)
def test_a_tag_is_small_letters_digits_and_hyphens(text: str, tag: str) -> None:
    assert read(text) == tag


@pytest.mark.parametrize("text", ["", " ", "-", "a--b", "käse", "a_b", "a,b", "<b>", "a" * (LONGEST + 1), "a\0"])
def test_what_is_none_is_answered_with_a_sentence(text: str) -> None:
    with pytest.raises(TagError, match="small letters"):
        read(text)


@given(st.text(max_size=60))
def test_a_tag_read_again_is_itself(text: str) -> None:
    try:
        tag = read(text)
    except TagError:
        return
    assert read(tag) == tag
    assert len(tag) <= LONGEST


@pytest.mark.parametrize(
    ("typed", "said"),
    [("Été!", "“Été!” is no tag"), ("  ", "No tag was given"), ("x" * 41, f"“{'x' * 40}…” is no tag")],
)
def test_who_mistyped_a_tag_reads_what_was_typed(typed: str, said: str) -> None:
    with pytest.raises(TagError) as refused:
        read(typed)
    assert str(refused.value).startswith(said)
