"""Which lines are headings, when the format does not say: title, headings, numbered sub-headings, plain lists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from newsletter.content.blocks import Block, Kind, ends_sentence, is_prose, merged_lists
from newsletter.content.endings import Purpose, purpose_of
from newsletter.content.levels import levelled
from newsletter.content.wording import count_words

_SPEAKS = re.compile(r"[.!?…:][\"'”’)\]]*$")
_ALONE = re.compile(r"^(?:(\d{1,2})|([IVX]{1,5}))[.)]?$")
_ROMAN = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII", "XIV", "XV"]
_QUESTION = re.compile(
    r"¿|(?:and |but |so |und |aber |et |mais )?(?:what|why|how|when|where|who|which|is|are|can|could|do|does|should"
    r"|will|must|was|wie|warum|wieso|weshalb|wann|wo|wer|wen|wem|welche[rsnm]?|ist|sind|kann|können|darf|muss|soll"
    r"|que|quoi|quels?|quelles?|comment|pourquoi|quand|où|qui|est-ce|faut-il|peut-on|y a-t-il"
    r"|cosa|come|perché|quando|dove|chi|wat|hoe|waarom|wanneer|waar|welke)\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"@|https?:|www\.|\d{3}[-. )]+\d{3,4}")
_UPPER_START = re.compile(r"^[^\w\"'“‘«(¿¡#@+*=<>\\/|~^-]*[\"'“‘«(¿¡]?(?:(?![a-zß-öø-ÿ])[^\W_])")


def resolved(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """The blocks with every heading a HEADING: lone numbered lines judged, short lines promoted if need be.

    Short lines become headings only when the format brought no headings of its own: a page that has real
    ones says itself what they are.
    """
    has_own = any(block.kind is Kind.HEADING for block in blocks)
    rows = list(_numbers_judged(blocks))
    if not has_own:
        rows = list(_promoted(rows))
    return tuple(merged_lists(levelled(rows)))


def _numbers_judged(blocks: Sequence[Block]) -> Iterator[Block]:
    """Numbered lines with text between them are headings; without, they are the items of a list."""
    places = [place for place, block in enumerate(blocks) if block.kind is Kind.NUMBERED]
    heads: set[int] = set()
    for run in _runs(blocks, places):
        led = [place for place in run if _leads_text(blocks, place)]
        if len(led) * 2 > len(run) and all(count_words(blocks[place].text) <= 14 for place in run):
            heads.update(run)
    for place, block in enumerate(blocks):
        if place in heads:
            yield replace(block, kind=Kind.HEADING, level=3)
        elif block.kind is Kind.NUMBERED:
            yield replace(block, kind=Kind.LIST)
        else:
            yield block


def _runs(blocks: Sequence[Block], places: Sequence[int]) -> Iterator[list[int]]:
    """Numbered lines that count on: 1, 2, 3; a new run where the count starts again."""
    run: list[int] = []
    for place in places:
        if run and int(blocks[place].number[:-1]) != int(blocks[run[-1]].number[:-1]) + 1:
            yield run
            run = []
        run.append(place)
    if run:
        yield run


def _leads_text(blocks: Sequence[Block], place: int) -> bool:
    after = blocks[place + 1] if place + 1 < len(blocks) else None
    if after is None or (after.kind is Kind.LIST and not blocks[place].apart):
        return False
    return after.kind in (Kind.PARAGRAPH, Kind.QUOTE, Kind.LIST)


def _promoted(blocks: Sequence[Block]) -> Iterator[Block]:
    """Short lines set apart above text become headings; so do lone numerals and questions that come in a row."""
    listed = _listed_lines(blocks)
    heads = {
        place
        for place, block in enumerate(blocks)
        if place not in listed and _heads(block, blocks[place - 1] if place else None, blocks[place + 1 : place + 3])
    }
    heads |= _numerals(blocks) | _interview(blocks) | _labels(blocks)
    if _is_subtitle(blocks, sorted(heads)):
        heads.remove(0)
    for place, block in enumerate(blocks):
        yield replace(block, kind=Kind.HEADING, level=2) if place in heads else block


def _is_subtitle(blocks: Sequence[Block], heads: Sequence[int]) -> bool:
    """Whether the line right below the title is its second line.

    A heading follows at once, or prose does and all real headings are shorter.
    """
    if len(heads) < 3 or heads[0] or blocks[1].kind is not Kind.PARAGRAPH:
        return False
    if heads[1] == 1:
        return True
    if not is_prose(blocks[1]):
        return False
    return all(count_words(blocks[0].text) > count_words(blocks[place].text) for place in heads[1:])


def _labels(blocks: Sequence[Block]) -> set[int]:
    """Short lines that stand above text three times or more: "Practice", "Question of the week"."""
    places: dict[str, list[int]] = {}
    for place, block in enumerate(blocks[:-1]):
        plain = block.kind is Kind.PARAGRAPH and not block.tight and count_words(block.text) <= 6
        if plain and not is_prose(block) and _looks_like_heading(block.text):
            places.setdefault(block.text.casefold(), []).append(place)
    return {place for found in places.values() if len(found) >= 3 for place in found}


def _numerals(blocks: Sequence[Block]) -> set[int]:
    """Lines that hold a number alone (I., II. or 1, 2), count up from one and have text below them."""
    found = [(p, match) for p, block in enumerate(blocks) if (match := _ALONE.match(block.text)) and block.apart]
    values = [int(match[1]) if match[1] else _ROMAN.index(match[2]) + 1 for _, match in found if _is_numeral(match)]
    counts = len(values) == len(found) >= 2 and values == list(range(1, len(values) + 1))
    led = all(place + 1 < len(blocks) and blocks[place + 1].kind is Kind.PARAGRAPH for place, _ in found)
    return {place for place, _ in found} if counts and led else set()


def _is_numeral(match: re.Match[str]) -> bool:
    return bool(match[1]) or match[2] in _ROMAN


def _interview(blocks: Sequence[Block]) -> set[int]:
    """Questions in a paragraph of their own, each with an answer below it: three of them are a form, not a manner."""
    asked = {
        place
        for place, block in enumerate(blocks[:-1])
        if block.kind is Kind.PARAGRAPH and block.text.endswith("?") and count_words(block.text) <= 40
        if blocks[place + 1].kind is Kind.PARAGRAPH and not blocks[place + 1].text.endswith("?")
        if not place or not blocks[place - 1].text.endswith((":", "?"))
    }
    half = {place for place in asked if count_words(blocks[place + 1].text) > count_words(blocks[place].text)}
    return half if len(half) >= 3 and all(not blocks[place].tight for place in half) else set()


def _listed_lines(blocks: Sequence[Block]) -> set[int]:
    """Three short lines or more in a row are a list without bullets; only the last may head what follows."""
    listed: set[int] = set()
    run: list[int] = []
    for place, block in enumerate([*blocks, Block(Kind.QUOTE, "", "")]):
        if block.kind is Kind.PARAGRAPH and block.apart and not is_prose(block) and not _SPEAKS.search(block.text):
            run.append(place)
            continue
        led = bool(run) and run[0] > 0 and blocks[run[0] - 1].text.endswith(":")
        if len(run) >= 3:
            listed.update(run if led else run[:-1])
        run = []
    return listed


def _heads(block: Block, before: Block | None, after: Sequence[Block]) -> bool:
    """Whether a paragraph is a heading by its looks and by what stands around it."""
    if block.kind is not Kind.PARAGRAPH or not after:
        return False
    if _asks_for_something(block, after[0]):
        return True
    if not (block.apart or _begins_group(block, after[0])):
        return False
    if not _looks_like_heading(block.text) or _signs(before, block.text):
        return False
    stanza = len(after) > 1 and after[1].tight
    heads_text = is_prose(after[0]) or stanza or after[0].kind in (Kind.LIST, Kind.HEADING, Kind.QUOTE)
    if block.text.endswith(":"):
        leads_list = after[0].kind is Kind.LIST and purpose_of(block.text) is Purpose.TEXT
        return heads_text and not leads_list and count_words(block.text) <= 6
    if block.text.endswith("?"):
        asks = bool(_QUESTION.match(block.text)) or purpose_of(block.text) is not Purpose.TEXT
        return is_prose(after[0]) and asks and not after[0].text.endswith("?")
    return heads_text or _is_sentence(after[0]) or _heads_heading(after)


def _asks_for_something(block: Block, after: Block) -> bool:
    """Whether the line calls what follows prompts or an exercise: no blank line is needed then."""
    named = purpose_of(block.text) in (Purpose.PROMPTS, Purpose.PRACTICE) and not block.tight
    return named and not block.text.endswith((".", "?")) and (after.kind is Kind.LIST or ends_sentence(after.text))


def _begins_group(block: Block, after: Block) -> bool:
    """Whether the line stands first among lines that stand together, right above their text."""
    return not (block.apart or block.tight or after.apart or after.tight)


def _heads_heading(after: Sequence[Block]) -> bool:
    return len(after) > 1 and _looks_like_heading(after[0].text) and is_prose(after[1])


def _is_sentence(block: Block) -> bool:
    return block.kind is Kind.PARAGRAPH and ends_sentence(block.text)


def _looks_like_heading(text: str) -> bool:
    if count_words(text) > 14 or len(text) > 100 or not _UPPER_START.match(text) or _ADDRESS.search(text):
        return False
    quoted = text[0] in '“"«' and text[-1] in '”"»'
    return not quoted and (text.endswith("?") or not (ends_sentence(text) or text.endswith((",", ";"))))


def _signs(before: Block | None, text: str) -> bool:
    """Whether the line names whom the words before it come from: a name below a quotation."""
    if before is None or not (before.kind is Kind.QUOTE or before.text.endswith(("”", '"', "»"))):
        return False
    return count_words(text) <= 4 and text.istitle()
