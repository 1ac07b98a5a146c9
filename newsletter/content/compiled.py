"""A letter encoded once for all its readers: what is one reader's own goes between bytes that are ready."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

from newsletter.content import fields
from newsletter.content.lines import clean_text, fold, one_line
from newsletter.content.plate import Heads, Plate, Said, cast
from newsletter.content.quoted import SOFT_BREAK, quoted, quoted_before_more
from newsletter.content.sheet import Composed, Pattern, Sheet
from newsletter.domain.message import Headers, Tidy
from newsletter.domain.tokens import TOKEN_LENGTH

BOUNDARY = "=_text-or-html"
"""The same in every letter. No line of a part can be it: quoted-printable has no "=_" (RFC 2045 section 6.7)."""

Pieces = list[bytes] | dict[int, bytes]
"""The pieces of a message, or those of them that are one reader's own, by their place."""

_PART = f"--{BOUNDARY}\r\nContent-Type: text/%s; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"


@dataclass(slots=True)
class _Places:
    """Where one value stands: in the page, with more behind it or at the end of a row, and alone in a row of text."""

    inside: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    alone: list[int] = field(default_factory=list)

    def fill(self, pieces: Pieces, value: str) -> None:
        """Put a value where it belongs. Links stand in both parts, and are encoded once for both."""
        escaped = escape(value)
        inside = quoted_before_more(escaped)
        for place in self.inside:
            pieces[place] = inside
        for place in self.ends:
            pieces[place] = inside[: -len(SOFT_BREAK)]
        if self.alone:
            is_one_word = escaped == value and " " not in value
            row = inside[: -len(SOFT_BREAK)] if is_one_word else quoted(fold(value))
            for place in self.alone:
                pieces[place] = row


class Compiled:
    """The message of one sheet under one head: multipart/alternative, text first, CRLF throughout.

    An 8-kB letter is joined in about a hundredth of the time that encoding takes; see docs/decisions. The same
    letter and headers give the same bytes, so a retry repeats its message.
    """

    def __init__(self, sheet: Sheet, headers: Headers) -> None:
        """Encode all that readers share; what is one reader's own in `headers` is not looked at. Raises HeaderError."""
        self._pieces = [b""]
        self._leave: int | None = None
        self._subject: tuple[int, Pattern] | None = None
        self._lines: list[tuple[int, Pattern]] = []
        self._values: dict[str, _Places] = {}
        self._write_head(sheet.subject, headers)
        self._write_text(sheet.text)
        self._write_html(sheet.html)
        self._write(f"--{BOUNDARY}--\r\n")
        self._is_tidy = all(map(_is_tidy, self._pieces))

    def print(self, letter: Composed, headers: Headers) -> bytes:
        """The message to one reader: `letter` of the sheet and `headers` of the head that this was made of.

        Names and subjects are cleaned of whatever could end a line; addresses, ids and links with such characters
        raise HeaderError.
        """
        pieces = self._pieces.copy()
        pieces[self._date] = fields.date(headers.date).encode("ascii")
        pieces[self._to] = fields.to(headers.to).encode("ascii")
        pieces[self._message_id] = fields.message_id(headers.message_id).encode("ascii")
        if self._leave is not None:
            pieces[self._leave] = fields.list_unsubscribe(headers.list_unsubscribe).encode("ascii")
        tidy = self._fill(pieces, self._values, letter.said())
        message = b"".join(pieces)
        return Tidy(message) if tidy else message

    def cast(self, letter: Composed, headers: Headers) -> Plate | None:
        """The plate for all readers who differ from this one in name, address, ids and tokens alone.

        None where such letters have more of their own, and where the plate does not print this one as `print` does.
        """
        names = {key: self._values.get(key, _Places()) for key in letter.sheet.names.values.values()}
        in_rows = [line for _, line in self._lines] + ([self._subject[1]] if self._subject else [])
        if any(key not in names for line in in_rows for key in line.pieces[1::2]):
            return None
        rows: dict[str, dict[int, bytes]] = {key: {} for key in self._values.keys() - names.keys()}
        for key, places in rows.items():
            self._values[key].fill(places, one_line(letter.values[key]))
        if self._leave is not None:
            leave = fields.list_unsubscribe(headers.list_unsubscribe).encode("ascii")
            rows.setdefault("unsubscribe", {})[self._leave] = leave

        def said_to(name: str) -> Said:
            said: dict[int, bytes] = {}
            tidy = self._fill(said, names, Composed(letter.sheet, name, {}).said())
            return Said(said, fields.display_name(name), tidy)

        heads = Heads(self._date, self._to, self._message_id, self._subject[0] if self._subject else None)
        plate = cast(self._pieces, heads, rows, letter.values, said_to)
        tokens = {link: value[-TOKEN_LENGTH:].encode() for link, value in letter.values.items()}
        hers = one_line(headers.to.name), headers.to.address, headers.message_id, headers.date, tokens
        return plate if plate and plate.print(*hers) == self.print(letter, headers) else None

    def _fill(self, pieces: Pieces, values: Mapping[str, _Places], said: Mapping[str, str]) -> bool:
        """Put a reader's values into their places. Returns whether the message is tidy with them."""
        if self._subject is not None:
            place, subject = self._subject
            pieces[place] = fields.subject(subject.fill(said)).encode("ascii")
        tidy = self._is_tidy
        for place, line in self._lines:
            pieces[place] = row = quoted(fold(line.fill(said)))
            tidy = tidy and _is_tidy(row)
        for key, places in values.items():
            places.fill(pieces, said[key])
        return tidy

    def _write(self, words: str) -> None:
        self._pieces[-1] += words.encode("ascii")

    def _leave_room(self) -> int:
        """The place of a reader's own piece among those that are ready."""
        self._pieces += [b"", b""]
        return len(self._pieces) - 2

    def _places(self, key: str) -> _Places:
        return self._values.setdefault(key, _Places())

    def _write_head(self, subject: Pattern, headers: Headers) -> None:
        self._write("Date: ")
        self._date = self._leave_room()
        self._write(f"\r\nFrom: {fields.sender(headers.sender)}\r\nTo: ")
        self._to = self._leave_room()
        self._write("\r\nSubject: ")
        if len(subject.pieces) > 1:
            self._subject = self._leave_room(), subject
        else:
            self._write(fields.subject(subject.pieces[0]))
        self._write("\r\nMessage-ID: ")
        self._message_id = self._leave_room()
        if headers.list_id and headers.list_unsubscribe:
            self._write("\r\nList-Unsubscribe: ")
            self._leave = self._leave_room()
        shared = [*fields.shared(headers), ("MIME-Version", "1.0")]
        self._write("".join(f"\r\n{name}: {value}" for name, value in shared))
        self._write(f'\r\nContent-Type: multipart/alternative; boundary="{BOUNDARY}"\r\n\r\n')

    def _write_text(self, lines: tuple[Pattern, ...]) -> None:
        """The plain text. A line with a blank is wrapped and encoded for each reader, all of it."""
        self._write(_PART % "plain")
        for line in map(_cleaned, lines):
            if line.pieces[0] == line.pieces[-1] == "" and len(line.pieces) == 3:
                self._places(line.pieces[1]).alone.append(self._leave_room())
            elif len(line.pieces) > 1:
                self._lines.append((self._leave_room(), line))
            else:
                self._pieces[-1] += quoted(line.pieces[0])
            self._write("\r\n")

    def _write_html(self, page: Pattern) -> None:
        """The page. Only its values are encoded for each reader, be a paragraph ever so long."""
        self._write(_PART % "html")
        words = list(_cleaned(page).pieces)
        last = len(words) - 1
        words[0] = words[0].lstrip("\n")
        words[last] = words[last].rstrip("\n")
        for number, piece in enumerate(words):
            ends = number == last or (number == last - 1 and not words[last]) or words[number + 1][:1] == "\n"
            if number % 2:
                places = self._places(piece)
                (places.ends if ends else places.inside).append(self._leave_room())
            else:
                self._pieces[-1] += quoted(piece) if ends else quoted_before_more(piece)
        self._write("\r\n")


def _is_tidy(piece: bytes) -> bool:
    """Whether relaxed canonicalisation leaves a piece as it is. Values are single-spaced, and end as a row does."""
    return not (b"  " in piece or b" \r\n" in piece or b"\t" in piece)


def _cleaned(pattern: Pattern) -> Pattern:
    return Pattern(tuple(map(clean_text, pattern.pieces)))
