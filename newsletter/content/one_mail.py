"""Several letters of an owner in one mail: each under its own subject, in the order in which they were written."""

from typing import NamedTuple

from newsletter.content.moments import number_in_words


class Part(NamedTuple):
    """One of several letters in one mail, in Markdown."""

    subject: str
    body: str


def announced(many: int) -> tuple[str, str]:
    """The subject of a mail with so many letters, and the words before them."""
    words = number_in_words(many)
    intro = f"While you were in a course, {words} letters waited for you. Here they are, the oldest one first."
    return f"{words.capitalize()} letters that waited for you", intro
