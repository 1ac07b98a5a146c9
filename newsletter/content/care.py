"""Where help is, by the reader's time zone: the care line under every letter of a course."""

from functools import lru_cache
from importlib.resources import files

DANGER = "If you are in danger, or thinking of ending your life: "
UNITED_STATES = "call or text 988, at any hour; in an emergency call 911."
ELSEWHERE = "call your local emergency number, or find someone to talk to at findahelpline.com."
ANSWERED = "Replies to these letters reach a person, but not around the clock."
UNANSWERED = "Nobody reads along around the clock."


def care_line(zone: str, *, replies: bool) -> str:
    """What a reader in this IANA zone can do in danger, and how far our mailbox can help.

    988 is the US Suicide and Crisis Lifeline, by call or text since 16 July 2022 (47 CFR 52.200). Zones of
    the US territories get the other line: findahelpline.com knows what answers there.
    """
    where = UNITED_STATES if zone in united_states() else ELSEWHERE
    return f"{DANGER}{where} {ANSWERED if replies else UNANSWERED}"


def ways(zone: str) -> list[tuple[str, str]]:
    """The same help as links that a phone can press: (words, address) pairs."""
    if zone in united_states():
        return [("Call 988", "tel:988"), ("Text 988", "sms:988"), ("Call 911", "tel:911")]
    return [("Find somebody to talk to", "https://findahelpline.com/")]


@lru_cache(maxsize=1)
def united_states() -> frozenset[str]:
    """The zones of the fifty states and their older names (`US/Mountain`), from the tzdata package."""
    zones = files("tzdata") / "zoneinfo"
    country = dict(_rows((zones / "zone.tab").read_text("utf-8")))
    ours = {zone for zone, code in country.items() if code == "US"}
    older = {name for name, today in _links((zones / "tzdata.zi").read_text("utf-8")) if today in ours}
    # America/Creston is a link to America/Phoenix and lies in Canada: a row of its own decides.
    return frozenset(ours | (older - country.keys()))


def _rows(table: str) -> list[tuple[str, str]]:
    rows = [line.split("\t") for line in table.splitlines() if not line.startswith("#")]
    return [(row[2], row[0]) for row in rows]


def _links(source: str) -> list[tuple[str, str]]:
    links = [line.split() for line in source.splitlines() if line.startswith("L ")]
    return [(link[2], link[1]) for link in links]
