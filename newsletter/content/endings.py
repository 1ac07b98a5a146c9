"""How articles call the sections that ask their readers something, and those that send them on their way."""

from __future__ import annotations

import re
from enum import StrEnum

from newsletter.content.wording import squeezed

_PROMPTS = re.compile(
    r"(?:(?:self[- ])?reflect(?:ions?|ive)?|journal(?:l?ing)?|discussion|writing|closing)"
    r"(?: (?:prompts?|questions?|exercises?|corner|time))"
    r"|(?:prompts?|questions?)(?: (?:for|to) .{1,60})?|(?:a )?(?:moment|time|pause) (?:to|for) reflect(?:ion)?"
    r"|reflections?|(?:reflect|journal)(?: on .{1,40})?|things to (?:ask yourself|reflect on)"
)
_ENDING = re.compile(
    r"(?:in |a |some |the )?(?:conclusions?|closing|summary|short|sum|epilogue|afterword|takeaways?|recap)"
    r"|(?:final|closing|concluding|parting|last|key) (?:thoughts?|words?|remarks?|notes?|reflections?|takeaways?)"
    r"|(?:a )?(?:final|closing|last|parting) (?:thought|word|note|invitation)(?: .{1,40})?"
    r"|(?:(?:take|taking|your|the|what are your) )?(?:the |your )?(?:next|first) steps?(?: .{1,40})?"
    r"|(?:moving|going|looking|the (?:way|path|road)) (?:forward|ahead|on)(?: .{1,40})?"
    r"|where (?:to|do (?:you|we)) go (?:from here|next)|what(?:’s| is)? (?:comes )?next"
    r"|(?:the )?bottom line|to (?:sum up|conclude)|wrapping (?:it )?(?:all )?up|summing up"
    r"|(?:bringing|putting|pulling) it (?:all )?together|(?:are you )?ready to .{1,60}|get(?:ting)? "
    r"(?:started|in touch|help)"
)


class Purpose(StrEnum):
    """What a section is for: to tell, to ask the reader questions, or to send her on her way."""

    TEXT = "text"
    PROMPTS = "prompts"
    ENDING = "ending"


def purpose_of(heading: str) -> Purpose:
    """What a section is for, as far as its heading tells."""
    words = squeezed(heading).casefold().replace("'", "’").strip(" .:!?…")
    if len(words) > 120:
        return Purpose.TEXT
    if _PROMPTS.fullmatch(words):
        return Purpose.PROMPTS
    return Purpose.ENDING if _ENDING.fullmatch(words) else Purpose.TEXT
