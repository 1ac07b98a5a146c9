"""Words that tell whoever sees her phone what somebody reads: a list for each language, and the owner's own.

A word stands for itself, and with a star for all that begin so: "lonel*" for lonely, loneliness. Courses do not say
their language, and a word of one tells in a letter of another just as much: all lists count for all letters.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

TELLING = {
    "en": (
        *("lonel*", "isolat*", "depress*", "anxi*", "trauma*", "abus*", "suicid*", "selfharm*", "self-harm*"),
        *("griev*", "grief", "therap*", "diagnos*", "disorder*", "addict*", "alcohol*", "divorc*", "illness"),
        *("mental health", "panic*", "shame", "shamed", "shaming", "bullied", "violen*", "eating disorder", "crisis"),
    ),
    "de": (
        *("einsam*", "vereinsam*", "depressi*", "angst*", "ängst*", "missbrauch*", "misshand*", "suizid*"),
        *("selbstmord*", "selbstverletz*", "trauer*", "störung*", "sucht", "süchtig*", "alkohol*", "scheidung*"),
        *("krankheit*", "psychisch*", "panik*", "scham", "gemobbt", "mobbing", "gewalt*", "essstörung*", "krise*"),
    ),
    "es": (
        *("soledad", "aislamiento", "deprim*", "depresi*", "ansiedad", "maltrat*", "duelo", "terapi*", "diagnóstic*"),
        *("trastorno*", "adicci*", "enfermedad*", "salud mental", "pánico", "vergüenza", "suicidi*"),
    ),
    "fr": (
        *("solitude", "isolement", "dépress*", "dépri*", "angoiss*", "maltrait*", "deuil*", "thérap*", "diagnosti*"),
        *("addicti*", "alcool*", "maladie*", "santé mentale", "panique*", "honte*", "suicid*"),
    ),
}
"""By language (ISO 639-1), in small letters."""

LONGEST_WORD = 40
_WORD = re.compile(r"[^\W\d_]+(?:[ '’-][^\W\d_]+)*\*?")


def read_words(text: str) -> list[str]:
    """An owner's own list, its words parted by commas, in small letters."""
    return list(dict.fromkeys(word for each in text.split(",") if (word := " ".join(each.split()).casefold())))


def wrong_words(text: str) -> str:
    """What of an owner's list is no word, as the end of a sentence; empty when all are."""
    strange = [word for word in read_words(text) if not _WORD.fullmatch(word) or len(word) > LONGEST_WORD]
    if not strange:
        return ""
    return f"has “{strange[0][:LONGEST_WORD]}”, which is no word. Part words with commas; a star stands for any ending."


def found_in(line: str, own: Iterable[str] = ()) -> str:
    """The first word of a line that tells, as it stands there; empty when none does."""
    known = _pattern(tuple(own)).search(line)
    return known[0] if known else ""


@lru_cache(maxsize=8)
def _pattern(own: tuple[str, ...]) -> re.Pattern[str]:
    words = [word for some in (*TELLING.values(), own) for word in some]
    # The longest first: of "eating disorder" and "disorder*" the whole is said.
    parts = [re.escape(word.removesuffix("*")) + (r"\w*" if word.endswith("*") else "") for word in words]
    return re.compile(rf"\b(?:{'|'.join(sorted(parts, key=len, reverse=True))})\b", re.IGNORECASE)
