"""A composed letter into the RFC 5322 bytes of a message, alone or as one of many."""

import logging
import re
from binascii import a2b_qp
from typing import Protocol

from newsletter.content.compiled import BOUNDARY, Compiled
from newsletter.content.lines import clean_text
from newsletter.content.plate import Plate
from newsletter.content.sheet import Composed, Sheet
from newsletter.domain.message import Headers, Written

log = logging.getLogger(__name__)

_PARTS = re.compile(rb"--%s\r\n.*?\r\n\r\n(.*?)\r\n(?=--%s)" % ((BOUNDARY.encode(),) * 2), re.DOTALL)


class Form(Protocol):
    """What makes the messages of one sheet under one head."""

    def print(self, letter: Composed, headers: Headers) -> bytes:
        """The message to one reader. Raises HeaderError."""
        ...

    def cast(self, letter: Composed, headers: Headers) -> Plate | None:
        """What prints faster where readers differ in name, address, ids and tokens alone; None where they do not."""
        ...


class InFull:
    """The form of a letter that cannot be compiled: each message is encoded from its first word to its last."""

    def print(self, letter: Composed, headers: Headers) -> bytes:
        """The message to one reader. Raises HeaderError."""
        return build(Written(letter.subject, letter.preheader, letter.text, letter.html), headers)

    def cast(self, letter: Composed, headers: Headers) -> None:
        """There is none."""


def form_of(letter: Composed, headers: Headers) -> Form:
    """Compile a letter for all readers of its sheet. Raises HeaderError.

    The first message is read again. Should it not say what the letter says, this letter, and no other, is encoded
    in full for each reader; no text is known that needs it.
    """
    compiled = Compiled(letter.sheet, headers)
    if _says(compiled.print(letter, headers), letter):
        return compiled
    log.warning("a letter cannot be compiled and is encoded in full for each of its readers")
    return InFull()


def build(letter: Written | Composed, headers: Headers) -> bytes:
    """One whole message, as it is sent: multipart/alternative, text first. Raises HeaderError."""
    if isinstance(letter, Composed):
        return form_of(letter, headers).print(letter, headers)
    sheet = Sheet.of(letter)
    return Compiled(sheet, headers).print(Composed(sheet, "", {}), headers)


def _says(message: bytes, letter: Composed) -> bool:
    parts = [a2b_qp(part.replace(b"\r\n", b"\n")).decode("utf-8") for part in _PARTS.findall(message)]
    return parts == [clean_text(part).strip("\n") for part in (letter.text, letter.html)]
