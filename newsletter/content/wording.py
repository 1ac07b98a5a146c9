"""From the bytes somebody saved to tidy words, and from words to Markdown that shows just these words."""

from __future__ import annotations

import codecs
import re
import unicodedata

MAX_BYTES = 5_000_000

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_FORMATS = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a Word file or another zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Word file"),
    (b"{\\rtf", "an RTF file"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
)
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([A-Za-z0-9_-]{2,20})", re.IGNORECASE)
# What browsers read for these names (WHATWG Encoding section 4.2); a page whose declaration we can read is not UTF-16.
_MEANT = dict.fromkeys(("iso-8859-1", "latin1", "latin-1", "us-ascii", "ascii"), "cp1252") | {
    "utf-16": "utf-8",
    "utf-16le": "utf-8",
    "iso-8859-9": "cp1254",
}
_INVISIBLE = re.compile("[\u200b\u2060\ufeff\u00ad\x00-\x08\x0e-\x1f\x7f]")
_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_NEWLINES = re.compile("\r\n?|[\u2028\u2029\x0b\x85]")
_WORD = re.compile(r"\w+(?:[’'\-]\w+)*")

# CommonMark 0.31: what would be read as markup inside a line, and at the start of a paragraph. Braces too,
# where two would read as a personal value of the letter.
_INLINE = re.compile(
    r"\\(?=[!-/:-@\[-`{-~]|$)|(?<!\s)\*|\*(?!\s)|(?<![^\W_])_|_(?![^\W_])|`|~(?=~)|<(?=[A-Za-z/!?])"
    r"|(?<=\{)[{%#]"
    r"|&(?=#?\w{1,40};)|\](?=[(\[:])|\[(?=[^\]\n]{0,500}\][(\[:])"
)
_LINE_START = re.compile(r"^(?:#{1,6}(?=\s|$)|[-+*](?=\s|$)|>|[=-]+\s*$|[-*_](?:\s*[-*_])+\s*$|~~~|:?-+:?\s*\|)")
_NUMBER_START = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")


class ArticleError(ValueError):
    """An article that cannot be read; the message is one sentence that says which and what to do."""


def decoded(source: str | bytes, *, name: str) -> str:
    """The text of a saved file: by its byte order mark, as UTF-8, as its page declares, or as windows-1252.

    Raises ArticleError when it is larger than MAX_BYTES, empty, or not text at all.
    """
    if len(source) > MAX_BYTES:
        raise ArticleError(f"{name} is larger than {MAX_BYTES // 1_000_000} MB; save only the article itself.")
    text = source if isinstance(source, str) else _text_of(source, name)
    if not text.strip("\ufeff\u200b \t\r\n\xa0"):
        raise ArticleError(f"{name} is empty; save the article's text in it and try again.")
    if _looks_binary(text):
        raise ArticleError(f"{name} is not text; save the article as plain text, Markdown or HTML.")
    return tidied(text)


def _text_of(source: bytes, name: str) -> str:
    if b"\x00" in source[:200] and (wide := _wide_text_of(source)):
        return wide
    for magic, kind in _FORMATS:
        if source.startswith(magic):
            raise ArticleError(f"{name} is {kind}; save the article as plain text, Markdown or HTML.")
    encodings = [encoding for bom, encoding in _BOMS if source.startswith(bom)] + ["utf-8"]
    declared = _CHARSET.search(source[:4096])
    if declared:
        named = declared[1].decode("ascii").lower()
        encodings.append(_MEANT.get(named, named))
    for encoding in [*encodings, "cp1252"]:
        try:
            return source.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return source.decode("latin-1")


def _wide_text_of(source: bytes) -> str:
    """UTF-16 without its byte order mark, told by where the zeros of its plain letters and spaces stand; else ""."""
    sample = source[:2_000]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if len(source) % 2 or max(even, odd) * 4 < len(sample) or min(even, odd) * 20 > max(even, odd):
        return ""
    try:
        return source.decode("utf-16-le" if odd > even else "utf-16-be")
    except UnicodeDecodeError:
        return ""


def _looks_binary(text: str) -> bool:
    """NUL never occurs in text; other control characters may be dust, but not one in fifty."""
    if "\x00" in text:
        return True
    sample = text[:100_000]
    odd = sum(
        1 for char in sample if char == "\ufffd" or (unicodedata.category(char) == "Cc" and char not in "\t\r\n\f\v")
    )
    return odd * 50 > len(sample)


def tidied(text: str) -> str:
    """The same words in NFC, with plain spaces and newlines and without characters that nobody sees.

    A form feed, which parts the pages of a print, stays as a line of its own.
    """
    text = _NEWLINES.sub("\n", text).replace("\f", "\n\f\n")
    text = _SPACES.sub(" ", _INVISIBLE.sub("", text))
    return unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode("utf-8"))


def squeezed(text: str) -> str:
    """The text on one line with single spaces."""
    return " ".join(text.split())


def count_words(text: str) -> int:
    """How many words the text has."""
    return sum(1 for _ in _WORD.finditer(text))


def literal(text: str, *, starts_line: bool = True) -> str:
    """Markdown that renders as exactly this one line of text, with as few backslashes as that takes."""
    marked = _INLINE.sub(lambda match: "\\" + match[0], text)
    if not starts_line:
        return marked
    if _LINE_START.match(marked):
        return "\\" + marked
    return _NUMBER_START.sub(r"\1\\\2", marked)


def heading_markdown(text: str, *, level: int) -> str:
    """A Markdown heading that shows exactly these words."""
    words = re.sub(r"(?:(?<=\s)|^)(#+)$", r"\\\1", literal(text, starts_line=False))
    return f"{'#' * min(level, 6)} {words}"


def slug_of(text: str) -> str:
    """Lower-case ASCII words joined by hyphens, at most 60 characters; empty when nothing of it is ASCII."""
    plain = unicodedata.normalize("NFKD", text.replace("’", "").replace("'", ""))
    slug = re.sub(r"[^a-z0-9]+", "-", plain.encode("ascii", "ignore").decode().casefold()).strip("-")
    return slug if len(slug) <= 60 else slug[:61].rpartition("-")[0] or slug[:60]
