"""Her preferences page: pace, day, hour and zone, skipping, resting, a letter once more, discreet letters, leaving."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from flask import abort, redirect, render_template, request, url_for

from newsletter.content import care
from newsletter.content.moments import DAYS, day_in_words
from newsletter.domain.address import mask
from newsletter.domain.cadence import known_zones
from newsletter.domain.discretion import READABLE_FOR
from newsletter.domain.subscriber import PACES, PAUSE_WEEKS
from newsletter.domain.tokens import Purpose
from newsletter.store import answers
from newsletter.store.repeats import HadLesson
from newsletter.usecases import answering, asking_again, discreet, leaving, preferences, skipping
from newsletter.usecases.preferences import PreferenceError, Preferences
from newsletter.usecases.skipping import Step
from newsletter.web import guards
from newsletter.web.guards import house
from newsletter.web.hers import RhythmChoices, door, in_words, rhythm_of

__all__ = ["door"]

DONE = {
    "skip": "This is when the next letter comes now.",
    "take back": "The letter comes on its day after all.",
    "again": "It is on its way to your inbox. Your place in the course stays what it was.",
    "pause": "Your letters rest. This is how it stands now.",
    "answers back": "Taken back. We keep no answer of yours any more.",
    "asked": "This address was entered in our form again while you were on the list. Whoever it was, nothing changed.",
    "resume": "Welcome back. This is how it stands now.",
}
"""What is said after a wish was granted; of all others, that it was saved. "asked" is the note of a discreet reader."""


@dataclass(frozen=True, slots=True)
class Coming:
    """The next letter of a course: which one a skip is about, its day in words, and the day after a skip."""

    course: str
    title: str
    slot: str
    next: str
    then: str
    skipped: str
    skipped_day: str
    """The slot that she skipped and can take back, and its day in words; empty when there is none."""


@door.get("/preferences/<token>")
@guards.by_token
def look_at_preferences(token: str) -> Any:
    """How it stands, and all that she can choose."""
    return _page(token)


@door.post("/preferences/<token>")
@guards.by_token
def change_preferences(token: str) -> Any:
    """One wish a form."""
    action = request.form.get("action", "")
    try:
        known = _GRANTS.get(action, _unheard)(token)
    except PreferenceError as error:
        return _page(token, error), 400
    if not known:
        abort(404)
    if action == "too much":  # no address of its own: nobody's log or history tells this rest from another
        return _rest_page(token)
    return redirect(_after(token, action), 303)


def _unheard(_token: str) -> bool:
    raise PreferenceError("This form did not say what to change. Please try again.")


def _set_rhythm(token: str) -> bool:
    wish = {name: request.form.get(name, "") for name in ("hour", "weekday", "timezone", "pace")}
    return preferences.set_rhythm(house(), token, **wish)


def _skip(token: str) -> bool:
    course, slot = request.form.get("course", ""), request.form.get("slot", "")
    return skipping.skip(house(), token, course=course, slot=slot)


def _take_back(token: str) -> bool:
    course, slot = request.form.get("course", ""), request.form.get("slot", "")
    return skipping.take_back(house(), token, course=course, slot=slot)


_GRANTS: dict[str, Callable[[str], bool]] = {
    "rhythm": _set_rhythm,
    "skip": _skip,
    "take back": _take_back,
    "pause": lambda token: preferences.pause(house(), token, request.form.get("weeks", "")),
    "pause until": lambda token: preferences.pause_until(house(), token, request.form.get("until", "")),
    "too much": lambda token: preferences.pause(house(), token, "return"),
    "resume": lambda token: preferences.resume(house(), token),
    "again": lambda token: asking_again.send_again(house(), token, request.form.get("letter", "")),
    "answers back": lambda token: answering.take_all_back(house(), token),
    "discreet": lambda token: discreet.choose(house(), token, request.form.get("wish", "")),
    "leave": lambda token: leaving.leave_list(house(), token, request.form.get("list", "")),
    "leave all": lambda token: leaving.leave_all(house(), token),
}


def _after(token: str, action: str) -> str:
    """Who has left a list is shown the goodbye page, which can undo it; everybody else how it stands now."""
    if action == "leave":
        with house().store.reading() as tx:
            found = preferences.look(house(), tx, token)
        for one in found.subscriptions if found else []:
            if one.list_slug == request.form.get("list"):
                goodbye = house().keyring.token(Purpose.UNSUBSCRIBE, one.public_id)
                return url_for("hers.ask_to_leave", token=goodbye)
    done = {"pause until": "pause"}.get(action, action)
    return url_for("hers.look_at_preferences", token=token, saved=done if done in DONE else 1)


def _rest_page(token: str) -> str:
    with house().store.reading() as tx:
        found = preferences.look(house(), tx, token)
    if found is None:
        abort(404)
    line = house().composer.care(found.zone)
    ways = [] if house().letterhead.care_line else care.ways(found.zone)
    return render_template("rest.html", token=token, care=line, ways=ways)


def _page(token: str, error: PreferenceError | None = None) -> str:
    with house().store.reading() as tx:
        found = preferences.look(house(), tx, token)
        if found is None:
            abort(404)
        coming, had = skipping.steps(house(), tx, token), asking_again.had(house(), tx, token)
        answered = len(answers.of(tx, found.subscriber.id))
    rhythm = rhythm_of(found.subscriber, found.zone, is_weekly=found.is_weekly)
    saved, today = request.args.get("saved"), house().clock.now().astimezone(found.wall).date()
    return render_template(
        "preferences.html",
        token=token,
        found=found,
        error=error,
        wrong=request.form.get("action", ""),
        done=DONE.get(saved, "Saved. This is how it stands now.") if saved else "",
        address=mask(found.subscriber.address),
        coming=[_coming(one, found) for one in coming],
        had=[(one.public_id, _named(one, found)) for one in had],
        answered=answered,
        paused_until=in_words(found.paused_until, found.zone),
        pause_weeks=PAUSE_WEEKS,
        care=house().composer.care(found.zone),
        rhythm=_asked(rhythm) if error else rhythm,
        typed=request.form,
        first_day=today + timedelta(days=1),
        last_day=today + preferences.LONGEST_PAUSE,
        readable_days=READABLE_FOR.days,
        most_a_day=asking_again.MOST_A_DAY,
    )


def _coming(one: Step, found: Preferences) -> Coming:
    title = "" if found.subscriber.discreet else one.title
    slot, then = in_words(one.slot, found.zone), in_words(one.then, found.zone)
    skipped = one.skipped.isoformat() if one.skipped else ""
    day = in_words(one.skipped, found.zone).partition(", at ")[0]
    return Coming(one.course, title, one.slot.isoformat(), slot, then.partition(", at ")[0], skipped, day)


def _named(one: HadLesson, found: Preferences) -> str:
    """A letter by its title and day; by its day alone for somebody who does not want it to be seen what she reads."""
    day = day_in_words(one.sent_at.astimezone(found.wall).date()).partition(", ")[2]
    return f"The letter of {day}" if found.subscriber.discreet else f"{one.title} ({day})"


def _asked(rhythm: RhythmChoices) -> RhythmChoices:
    """The same form as she sent it, as far as it offers what she chose: a mistake in one field keeps the others."""
    weekday, hour, zone = (request.form.get(name) for name in ("weekday", "hour", "timezone"))
    days = {"": None} | {str(number): number for number in range(len(DAYS))}
    return replace(
        rhythm,
        weekday=days.get(weekday or "", rhythm.weekday) if weekday is not None else rhythm.weekday,
        hour={str(number): number for number in range(24)}.get(hour or "", rhythm.hour),
        pace={str(weeks): weeks for weeks in PACES}.get(request.form.get("pace", ""), rhythm.pace),
        zone=zone if zone in known_zones() else rhythm.zone,
    )
