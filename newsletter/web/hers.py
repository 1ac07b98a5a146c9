"""What a reader does with the links in her letters: confirming, leaving, coming back. Her wishes: see `wishes`."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort, make_response, render_template, request

from newsletter.content.moments import DAYS, PACE_WORDS, moment_in_words
from newsletter.domain.cadence import known_zones
from newsletter.domain.discretion import READABLE_FOR
from newsletter.domain.subscriber import PACES, Subscriber
from newsletter.usecases import leaving, preferences, signup
from newsletter.usecases.enrolling import Choice
from newsletter.usecases.preferences import Preferences
from newsletter.usecases.signup import ZoneError
from newsletter.web import guards
from newsletter.web.guards import house
from newsletter.web.public import signup_form

door = Blueprint("hers", __name__)

_LEFT_OUT = ("Etc", "SystemV", "US", "Canada", "Brazil", "Chile", "Mexico")
"""Old names of zones that have a better one, which the list shows."""


@dataclass(frozen=True, slots=True)
class RhythmChoices:
    """What the form of pace, day, hour and zone shows, and what of it is chosen."""

    weekday: int | None
    hour: int
    pace: int
    zone: str
    zones: dict[str, list[str]]
    days: tuple[str, ...] = DAYS
    paces: tuple[tuple[int, str], ...] = tuple((weeks, PACE_WORDS[weeks]) for weeks in PACES)


@door.get("/confirm/<token>")
@guards.by_token
def ask_to_confirm(token: str) -> Any:
    """One large button; looking changes nothing, since mail scanners look too."""
    return _confirm_page(token)


def _confirm_page(token: str, error: ZoneError | None = None) -> Any:
    with house().store.reading() as tx:
        asked = signup.invitation(house(), tx, token)
    if asked is None:
        return _expired()
    zone = house().letterhead.timezone
    needs_zone = asked.subscriber.timezone is None and not asked.is_confirmed
    return render_template(
        "confirm.html",
        token=token,
        asked=asked,
        needs_zone=needs_zone,
        zones=zones(zone),
        zone=zone,
        error=error,
        again=request.form.get("course") == "again",
        discreetly=request.form.get("discreet") == "on",
        readable_days=READABLE_FOR.days,
    )


@door.post("/confirm/<token>")
@guards.by_token
def confirm(token: str) -> Any:
    """Confirm."""
    again = request.form.get("course") == "again"
    choice = Choice.BEGIN_AGAIN if again else Choice.GO_ON
    zone, discreetly = request.form.get("timezone", ""), request.form.get("discreet") == "on"
    try:
        done = signup.confirm(house(), token, timezone=zone, choice=choice, discreetly=discreetly)
    except ZoneError as error:
        return _confirm_page(token, error), 400
    if done is None:
        return _expired()
    first = in_words(done.next_letter_at, done.zone)
    with house().store.reading() as tx:
        is_weekly = preferences.is_weekly(tx, done.subscriber.id)
    return render_template(
        "confirmed.html", done=done, first=first, rhythm=rhythm_of(done.subscriber, done.zone, is_weekly=is_weekly)
    )


@door.get("/unsubscribe/<token>")
@guards.by_token
def ask_to_leave(token: str) -> Any:
    """One large button, or, for who has left, the way back."""
    with house().store.reading() as tx:
        found = leaving.look(house(), tx, token)
    if found is None:
        abort(404)
    return render_template("goodbye.html" if found.is_gone else "leave.html", token=token, found=found)


@door.post("/unsubscribe/<token>")
@guards.by_token
def leave(token: str) -> Any:
    """Leave, by the page's button or by a mail program's one click (RFC 8058); or undo it."""
    if request.form.get("action") == "undo":
        return _back(token) if leaving.undo(house(), token) else (_goodbye(token, too_late=True), 410)
    one_click = request.form.get("List-Unsubscribe") == "One-Click"
    if not leaving.leave(house(), token, method="one click (RFC 8058)" if one_click else "unsubscribe page"):
        abort(404)
    return _goodbye(token)


def _goodbye(token: str, *, too_late: bool = False) -> str:
    with house().store.reading() as tx:
        found = leaving.look(house(), tx, token)
    if found is None:
        abort(404)
    return render_template("goodbye.html", token=token, found=found, too_late=too_late)


def _back(token: str) -> str:
    with house().store.reading() as tx:
        left = leaving.look(house(), tx, token)
        found = preferences.look(house(), tx, left.preferences_token) if left else None
    if left is None or found is None:
        abort(404)
    return render_template("back.html", preferences_token=left.preferences_token, coming=_coming(found))


def in_words(moment: datetime | None, zone: str) -> str:
    """An instant on her wall, in words; empty when there is none."""
    if moment is None or moment.year == 9999:
        return ""
    return moment_in_words(moment, zone)


def zones(chosen: str) -> dict[str, list[str]]:
    """Every zone by its region, for a select; the chosen one is always among them."""
    found: dict[str, list[str]] = {}
    for name in sorted(known_zones() | {chosen}):
        region = name.partition("/")[0]
        if region not in _LEFT_OUT or name == chosen:
            found.setdefault(region, []).append(name)
    return found


def rhythm_of(person: Subscriber, zone: str, *, is_weekly: bool = True) -> RhythmChoices:
    """What holds for her now; a course that is not weekly comes as often as its owner has it, or more slowly."""
    rhythm = RhythmChoices(person.weekday, person.hour, person.pace_weeks, zone, zones(zone))
    return rhythm if is_weekly else replace(rhythm, paces=((1, "as often as the course comes"), *rhythm.paces[1:]))


def _coming(found: Preferences) -> list[tuple[str, str]]:
    return [(one.title, in_words(one.next_letter_at, found.zone)) for one in found.courses]


def _expired() -> Response:
    notice = "This link has expired or was used up. Here is the form: you can sign up again, it takes a minute."
    return make_response(signup_form(notice=notice), 404)
