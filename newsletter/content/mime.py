"""A written email into RFC 5322 bytes."""

from newsletter.content.compiled import Compiled
from newsletter.content.sheet import Composed, Sheet
from newsletter.domain.message import Headers, Written


def build(letter: Written | Composed, headers: Headers) -> bytes:
    """The whole message, as it is sent. Raises HeaderError; see `Compiled.print`."""
    if isinstance(letter, Written):
        letter = Composed(Sheet.of(letter), "", {})
    return Compiled(letter.sheet, headers).print(letter, headers)
