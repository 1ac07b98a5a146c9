"""A tag: a short word that the owner keeps of a person, such as `returning`.

It may say something about her, so it stands in no letter, link or log: she gets it with the copy of all that is known.
"""

import re

LONGEST = 40
"""Characters of a tag."""
MOST = 30
"""Tags that one person can carry."""

_TAG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class TagError(ValueError):
    """Not a tag; the message says what one looks like."""


def read(text: str) -> str:
    """The tag that was written: small letters, a hyphen for each blank. Raises TagError."""
    tag = "-".join(text.lower().split())
    if not _TAG.fullmatch(tag) or len(tag) > LONGEST:
        typed = " ".join(text.split())
        shown = f"“{typed[:LONGEST]}{'…' * (len(typed) > LONGEST)}” is no tag" if typed else "No tag was given"
        raise TagError(
            f"{shown}: it has small letters, digits and hyphens only, such as “returning”,"
            f" and {LONGEST} of them at most."
        )
    return tag
