"""Words that tell, in the lists of four languages and in an owner's own."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.domain import telling
from newsletter.domain.telling import TELLING, found_in, read_words, wrong_words

WORDS = sorted({word for some in TELLING.values() for word in some})
PLAIN = st.text(st.sampled_from("qxz 0123.,!?-"), max_size=20)


@given(word=st.sampled_from(WORDS), before=PLAIN, after=PLAIN, loud=st.booleans())
def test_every_word_is_found_wherever_it_stands(word: str, before: str, after: str, loud: bool) -> None:
    said = word.removesuffix("*")
    said = said.upper() if loud and "ß" not in said else said
    found = found_in(f"{before} {said} {after}")
    assert found and found.casefold() in f" {said} ".casefold()


@given(line=PLAIN)
def test_a_line_without_one_tells_nothing(line: str) -> None:
    assert found_in(line) == ""


@pytest.mark.parametrize("word", [word for word in WORDS if not word.endswith("*")])
def test_a_word_without_a_star_is_not_found_within_another(word: str) -> None:
    assert word not in (found_in(f"xq{word}"), found_in(f"{word}xq"))


@given(text=st.text(max_size=80))
@example("lonel*, , Divorce ,divorce,  perte  d’un  proche")
@example("a(b")
@example(".*")
def test_whatever_an_owner_types_is_refused_in_words_or_can_be_looked_for(text: str) -> None:
    own = read_words(text)
    assert len(own) == len(set(own))
    if not wrong_words(text):
        for word in own:
            said = word.removesuffix("*")
            assert found_in(f"say {said} now", own)
    else:
        assert wrong_words(text).endswith(".")
    found_in("any line", own)


def test_no_list_repeats_a_word_and_all_are_words_as_an_owner_may_type_them() -> None:
    for some in TELLING.values():
        assert len(some) == len(set(some))
        assert wrong_words(", ".join(some)) == ""


def test_the_whole_of_what_is_said_is_named() -> None:
    assert found_in("On an eating disorder") == "eating disorder"
    assert found_in("Loneliness") == "Loneliness"
    assert telling.found_in("Trauer um dich") == "Trauer"
