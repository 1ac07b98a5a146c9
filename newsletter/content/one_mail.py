"""Several letters of an owner in one mail: each under its own subject, in the order in which they were written."""

import re
from collections.abc import Sequence

from newsletter.content.moments import number_in_words

_MARKS = re.compile(r"([\\`*_\[\]<>#|~])(?![^{]*\}\})")
"""What Markdown would read as its own, outside a reader's values."""


def one_mail(letters: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """The subject and the body (Markdown) of a mail with several letters, each a subject and a body."""
    many = number_in_words(len(letters))
    intro = f"While you were in a course, {many} letters waited for you. Here they are, the oldest one first."
    parts = [f"## {_MARKS.sub(_escaped, subject)}\n\n{body.strip()}" for subject, body in letters]
    return f"{many.capitalize()} letters that waited for you", "\n\n".join([intro, *parts])


def _escaped(mark: re.Match[str]) -> str:
    return f"\\{mark[1]}"
