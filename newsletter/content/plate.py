"""A letter to many with nothing left to set but a reader's name, address and ids, and the tokens of her links."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from newsletter.content import fields
from newsletter.content.quoted import SOFT_BREAK, quoted
from newsletter.domain.message import Tidy
from newsletter.domain.tokens import TOKEN_LENGTH

NAMES_KEPT = 256

_TOKEN = re.compile(rf"(?<=/)[A-Za-z0-9_-]{{{TOKEN_LENGTH}}}\Z")
_PLAIN = re.compile(r"[\w ’-]+")
_LONG, _SHORT = "Qx Qx" * 6 + "Qx", "b"
"""The longest and the shortest plain name: with them a letter shows what it does with such names. No filter leaves the
first as it is."""


class Said(NamedTuple):
    """What stands in a letter for all readers of one name: pieces by their place, and the name as To has it."""

    pieces: Mapping[int, bytes]
    display: str
    is_tidy: bool


SaidTo = Callable[[str], Said]


class Heads(NamedTuple):
    """The places of what each message has of its own in its head."""

    date: int
    to: int
    message_id: int
    subject: int | None
    """None where the subject says no name."""


class _Slots(NamedTuple):
    """Where the tokens of one kind of link stand: whole, and with a soft line break after so many characters."""

    link: str
    whole: Sequence[int]
    parted: Sequence[tuple[int, Sequence[int]]]


class Plate:
    """Prints the message of one reader after the other; see `Compiled.cast`.

    A token is 43 characters that mean nothing to HTML, quoted-printable or a header, so it is set as it comes, and so
    are plain names. What other names say is made once for all readers of that name.
    """

    def __init__(self, pieces: list[bytes], heads: Heads, slots: Sequence[_Slots], said_to: SaidTo) -> None:
        """`said_to` makes what a name has to say in this letter."""
        self._pieces = pieces
        self._heads = heads
        self._slots = slots
        self._said_to = lru_cache(maxsize=NAMES_KEPT)(said_to)
        self._around = _around_plain_names(said_to)
        self._is_tidy = said_to(_LONG).is_tidy

    def print(self, name: str, address: str, message_id: str, date: datetime, tokens: Mapping[str, bytes]) -> bytes:
        """The message to one reader; `name` is one line, and `tokens` are those of her links.

        Raises HeaderError for an address or id that could end a line, ValueError for a token of another length.
        """
        pieces = self._pieces.copy()
        at_date, at_to, at_id, at_subject = self._heads
        words = _plain(name, in_head=at_subject is not None)
        if self._around is None or words is None:
            said, display, is_tidy = self._said_to(name)
            for place, piece in said.items():
                pieces[place] = piece
        else:
            display, is_tidy = name if name.isascii() else fields.display_name(name), self._is_tidy
            for place, around in self._around:
                pieces[place] = words.join(around)
        pieces[at_date] = fields.date(date).encode("ascii")
        pieces[at_to] = fields.to_beside(display, address).encode("ascii")
        pieces[at_id] = fields.message_id(message_id).encode("ascii")
        for link, whole, parted in self._slots:
            token = tokens[link]
            if len(token) != TOKEN_LENGTH:
                raise ValueError(f"The token of {link} has {len(token)} characters.")
            for place in whole:
                pieces[place] = token
            for part, places in parted:
                row = token[:part] + SOFT_BREAK + token[part:]
                for place in places:
                    pieces[place] = row
        message = b"".join(pieces)
        return Tidy(message) if is_tidy else message


def cast(
    pieces: Sequence[bytes],
    heads: Heads,
    rows: Mapping[str, Mapping[int, bytes]],
    links: Mapping[str, str],
    said_to: SaidTo,
) -> Plate | None:
    """The plate of a letter, from its pieces and the rows with one reader's links, by link and by their places.

    What of a link is no token becomes part of the pieces around it. None where one ends with no token.
    """
    ready = list(pieces)
    slots: list[_Slots] = []
    for link, places in rows.items():
        parts: dict[int, list[int]] = {TOKEN_LENGTH: []}
        for place, row in places.items():
            found = _cut(row, links.get(link, ""))
            if found is None:
                return None
            before, part, behind = found
            ready[place - 1] += before
            ready[place + 1] = behind + ready[place + 1]
            parts.setdefault(part, []).append(place)
        whole = parts.pop(TOKEN_LENGTH)
        slots.append(_Slots(link, whole, tuple(parts.items())))
    return Plate(ready, heads, slots, said_to)


def _cut(row: bytes, link: str) -> tuple[bytes, int, bytes] | None:
    """What stands in a row before and behind the token of a link, and after how many characters it is parted."""
    found = _TOKEN.search(link)
    token = found[0].encode("ascii") if found else b""
    for part in range(len(token), 0, -1):
        said = token if part == len(token) else token[:part] + SOFT_BREAK + token[part:]
        if row.count(said) == 1:
            before, _, behind = row.partition(said)
            return before, part, behind
    return None


def _plain(name: str, *, in_head: bool) -> bytes | None:
    """A name of one line in quoted-printable, if HTML and a header take it as it is and one row has room for it.

    A header would encode letters beyond ASCII: where one says the name, they are not plain.
    """
    if not _PLAIN.fullmatch(name) or (in_head and not name.isascii()):
        return None
    words = name.encode("ascii") if name.isascii() else quoted(name)
    return words if len(words) <= len(_LONG) else None


def _around_plain_names(said_to: SaidTo) -> list[tuple[int, list[bytes]]] | None:
    """What stands around plain names, by the place. None where a letter does more with them than to say them.

    A row that the longest of them does not break is broken by none.
    """
    long, short = said_to(_LONG), said_to(_SHORT)
    around = [(place, piece.split(_LONG.encode())) for place, piece in long.pieces.items()]
    breaks = any(b"\r\n" in piece.removesuffix(SOFT_BREAK) for piece in long.pieces.values())
    said = {place: _SHORT.encode().join(words) for place, words in around}
    return around if not breaks and said == short.pieces and long.is_tidy == short.is_tidy else None
