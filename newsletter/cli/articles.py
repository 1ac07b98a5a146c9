"""The articles that `newsletter course import` is given: files, a folder of them, or what is pasted on stdin."""

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from newsletter.cli.speaking import Refused
from newsletter.content.articles import Article, ArticleError, read_articles
from newsletter.content.wording import MAX_BYTES

_SUFFIXES = (".txt", ".text", ".md", ".markdown", ".html", ".htm", ".xhtml")
_STDIN = Path("-")


def read_all(given: Sequence[Path]) -> list[Article]:
    """The articles in these files and folders, a folder's in the order of their names, numbers by their value.

    Raises Refused with one sentence for the first that cannot be read, or holds no article.
    """
    try:
        return [article for file in _files(given) for article in read_articles(_bytes(file), name=_name(file))]
    except ArticleError as error:
        raise Refused(str(error)) from None
    except OSError as error:
        raise Refused(f"{error.filename} cannot be read: {(error.strerror or 'no reason given').lower()}.") from None


def _files(given: Sequence[Path]) -> Iterator[Path]:
    for path in given:
        if not path.is_dir():
            yield path
            continue
        inside = [file for file in path.iterdir() if file.suffix.lower() in _SUFFIXES and not file.name.startswith(".")]
        if not inside:
            raise Refused(f"{path} holds no article; save them there as .txt, .md or .html.")
        yield from sorted(inside, key=_order)


def _order(file: Path) -> list[tuple[int, str]]:
    """`2-second` before `10-tenth`."""
    return [(int(part), "") if part.isdigit() else (0, part.casefold()) for part in re.split(r"([0-9]+)", file.name)]


def _bytes(file: Path) -> bytes:
    """A little more than may be read at most, so that what is too large is refused without being read whole."""
    if file == _STDIN:
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    with file.open("rb") as stream:
        return stream.read(MAX_BYTES + 1)


def _name(file: Path) -> str:
    return "The pasted text" if file == _STDIN else file.name
