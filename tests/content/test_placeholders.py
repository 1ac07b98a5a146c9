"""The personal values in an owner's words: what they may be, and how they read."""

from contextlib import suppress
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.checking import check_text
from newsletter.content.placeholders import LONGEST_TEXT, TextError, parse, say


@pytest.mark.parametrize(
    ("source", "to_maria", "to_nobody"),
    [
        ("Hello {{ name }},", "Hello Maria,", "Hello,"),
        ("{{ name }}, welcome", "Maria, welcome", "Reader, welcome"),
        ("Welcome. {{ name }}, hello", "Welcome. Maria, hello", "Welcome. Reader, hello"),
        ("dear {{name}} and {{ name|upper }}", "dear Maria and MARIA", "dear reader and READER"),
        ('Hi {{ name | default("dear reader") }}', "Hi Maria", "Hi dear reader"),
        ("Hi {{ name | default('dear reader', true) | title }}", "Hi Maria", "Hi Dear Reader"),
        ("{{ name | lower }}", "maria", "reader"),
        ("{{ name | trim | capitalize }}", "Maria", "Reader"),
        ("Come in, {{ name }}.", "Come in, Maria.", "Come in."),
        ("A new article, {{ name | upper }}", "A new article, MARIA", "A new article"),
        ("Good morning {{ name }}!", "Good morning Maria!", "Good morning!"),
        ("To Ana, {{ name }}, and Ben", "To Ana, Maria, and Ben", "To Ana, and Ben"),
        ("To Ana, {{ name }} and Ben", "To Ana, Maria and Ben", "To Ana, reader and Ben"),
        ('Come in, {{ name | default("friend") }}.', "Come in, Maria.", "Come in, friend."),
        ("{% if name %}Yes, {{ name }}{% else %}Yes, you{% endif %}!", "Yes, Maria!", "Yes, you!"),
        ("a{% if not name %}b{% endif %}c", "ac", "abc"),
        ("{% if name %}a{% if not name %}b{% endif %}{% endif %}", "a", ""),
        ("{# a note to myself #}100 % {x} }}", "100 % {x} }}", "100 % {x} }}"),
        ("{% raw %}{{ name }}{% endraw %}", "{{ name }}", "{{ name }}"),
    ],
)
def test_a_name_is_said_and_its_absence_reads_well(source: str, to_maria: str, to_nobody: str) -> None:
    assert (say(source, "Maria"), say(source, "")) == (to_maria, to_nobody)


@pytest.mark.parametrize("lead", ["", "Text.\n\n", "- ", "1. ", "# ", "> **", "“", "Text  \n"])
def test_a_word_for_a_name_is_capitalised_where_a_line_begins(lead: str) -> None:
    assert say(lead + "{{ name }} there", "").endswith("Reader there")


def test_it_stays_small_inside_a_paragraph_that_its_writer_broke() -> None:
    assert say("Hello\n{{ name }}", "") == "Hello reader"


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("one\ntwo\n{{ first_name }}", 'line 3: there is no value called "first_name"'),
        ("{% for x in name %}{% endfor %}", "line 1: a loop"),
        ("{{ name.__class__ }}", "line 1: a dot"),
        ("{{ ''.__class__.__mro__ }}", "line 1: a dot"),
        ("{{ name['x'] }}", "line 1: a bracket"),
        ("{{ name() }}", "line 1: a call"),
        ("{{ range(10**9) }}", "line 1: a call"),
        ("{{ lipsum(n=9) }}", "line 1: a call"),
        ("{{ 7 * 7 }}", "line 1: this cannot"),
        ("{{ 'a' * 10**9 }}", "line 1: this cannot"),
        ("{{ name ~ name }}", "line 1: this cannot"),
        ("{{ name or 'you' }}", "line 1: this cannot"),
        ("{{ name if name else 'you' }}", "line 1: this cannot"),
        ("{{ name, name }}", "line 1: this cannot"),
        ("{{ 'words' }}", "line 1: a fixed value"),
        ("{{ config }}", 'no value called "config"'),
        ("{{ self }}", 'no value called "self"'),
        ("{{ name | map('upper') }}", 'no filter "map"'),
        ("{{ name | attr('x') }}", 'no filter "attr"'),
        ("{{ name | safe }}", 'no filter "safe"'),
        ("{{ name | center(10**9) }}", 'no filter "center"'),
        ("{{ name | upper(1) }}", 'no filter "upper"'),
        ("{{ name | default(name) }}", "write the words in quotes"),
        ("{{ name | default(value='x') }}", "line 1: this cannot"),
        ("{% if name == 'Maria' %}a{% endif %}", "line 1: a comparison"),
        ("{% if name is defined %}a{% endif %}", "line 1: a test"),
        ("{% if name %}a{% elif name %}b{% endif %}", "write else, not elif"),
        ("{% set x = 1 %}", "line 1: set"),
        ("{% macro m() %}{% endmacro %}", "line 1: a macro"),
        ("{% include 'x' %}", "line 1: include"),
        ("{% import 'x' as y %}", "line 1: import"),
        ("{% extends 'x' %}", "line 1: extends"),
        ("{% block b %}{% endblock %}", "line 1: this cannot"),
        ("{% filter upper %}a{% endfilter %}", "line 1: a filter block"),
        ("{% with %}{% endwith %}", "line 1: this cannot"),
        ("{% do x %}", "line 1: Encountered unknown tag 'do'"),
        ("\n{{ name", "line 2: "),
        ("{% if name %}", "line 1: "),
        ("{{ " + "(" * 5000 + "name" + ")" * 5000 + " }}", "Too many brackets"),
        ("{% if name %}" * 30 + "{% endif %}" * 30, "too many ifs"),
        ("{{ name" + "|upper" * 5000 + " }}", "line 1: this cannot"),
        ("{{ " + "9" * 5000 + " }}", "number this long"),
        ('{{ name | default("x", ' + "9" * 5000 + ") }}", "number this long"),
        ("a" * (LONGEST_TEXT + 1), "longer than"),
    ],
)
def test_what_is_not_in_the_language_is_refused_when_it_is_checked(source: str, complaint: str) -> None:
    with pytest.raises(TextError) as refusal:
        check_text("A subject", source)

    assert complaint in str(refusal.value)


def test_a_refusal_says_what_can_be_written() -> None:
    with pytest.raises(TextError, match=r'default\("dear reader"\)'):
        parse("{{ surname }}")


def test_a_mistake_in_the_subject_is_found_there() -> None:
    with pytest.raises(TextError, match=r"^subject, line 1: "):
        check_text("Hello {{ nam }}", "text")


@pytest.mark.parametrize(("subject", "body"), [("", "text"), (" \r\n ", "text"), ("subject", " \n")])
def test_an_empty_subject_or_letter_is_refused(subject: str, body: str) -> None:
    with pytest.raises(TextError, match="is empty"):
        check_text(subject, body)


def test_a_link_that_leads_nowhere_is_refused_with_its_line() -> None:
    with pytest.raises(TextError, match=r"^line 3: the link \"/about\" leads nowhere"):
        check_text("s", "a\n\nsee [us](/about)")


def test_a_link_does_not_tell_who_pressed_it() -> None:
    with pytest.raises(TextError, match="a link cannot hold"):
        check_text("s", "[a](https://example.org/?who={{ name }})")


@pytest.mark.parametrize("name", ["{{7*7}}", "{% if name %}", "<b>", "{{ name }}", "[x](http://e.example)", "a\\b"])
def test_a_name_is_data_and_is_never_read_as_a_template(name: str) -> None:
    assert say("Hello {{ name }}", name) == f"Hello {name}"


@given(st.text())
def test_a_subject_is_one_line_whatever_the_name(name: str) -> None:
    subject = say("A letter, {{ name }}", name)

    assert len(subject.splitlines()) == 1
    assert not any(mark in subject for mark in "\r\n\0\x85\u2028\u2029\x1b\u202e\ufdd0")


@given(st.text(alphabet="{}%#|()' \"\nname.iforelsdtup-=1", max_size=300))
def test_any_text_is_either_refused_or_said(source: str) -> None:
    try:
        parse(source)
    except TextError:
        return
    say(source, "Maria")


@pytest.mark.parametrize("monster", ["{{ name }}" * 6_000, "{{" * 30_000, "{% if name %}" * 4_000, "{{'" * 20_000])
def test_monsters_are_read_in_a_moment(monster: str) -> None:
    begun = perf_counter()
    with suppress(TextError):
        say(monster, "Maria")

    assert perf_counter() - begun < 5
