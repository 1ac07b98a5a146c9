"""What a reader sees: sign-up, confirming, leaving, preferences, privacy."""

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for

from newsletter.content.moments import moment_in_words
from newsletter.domain.address import AddressError, mask
from newsletter.domain.cadence import known_zones
from newsletter.domain.subscriber import PAUSE_WEEKS
from newsletter.store import lists
from newsletter.usecases import preferences, signup
from newsletter.usecases.enrolling import Choice
from newsletter.usecases.preferences import PreferenceError
from newsletter.usecases.signup import Answer, Request
from newsletter.web import guards
from newsletter.web.guards import house

door = Blueprint("public", __name__)

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_TRAP = "website"
"""A field that people do not see and programs fill in."""


@door.get("/")
@guards.public
def home() -> str:
    """The sign-up page."""
    return _signup_form()


@door.post("/subscribe")
@guards.public
def subscribe() -> Any:
    """Ask for a subscription; from our page or from a form on any other site."""
    wish = Request(
        email=request.form.get("email", ""),
        name=request.form.get("name", ""),
        timezone=request.form.get("timezone", ""),
        list_slug=request.form.get("list", ""),
        peer=guards.peer(),
        source="sign-up page" if request.form.get("from") == "page" else "a form elsewhere",
    )
    if request.form.get(_TRAP):
        return render_template("look.html")
    try:
        answer = signup.request(house(), wish)
    except AddressError as error:
        return _signup_form(str(error), wish), 400
    match answer:
        case Answer.TOO_MANY:
            abort(429)
        case Answer.UNKNOWN_LIST:
            return _signup_form("This form asks for a list that does not exist.", wish), 400
    return render_template("look.html")


@door.get("/confirm/<token>")
@guards.by_token
def ask_to_confirm(token: str) -> Any:
    """One large button; looking changes nothing, since mail scanners look too."""
    with house().store.reading() as tx:
        asked = signup.invitation(house(), tx, token)
    if asked is None:
        return _expired()
    return render_template(
        "confirm.html",
        token=token,
        asked=asked,
        needs_zone=asked.subscriber.timezone is None and not asked.is_confirmed,
        zones=zones(),
        zone=house().letterhead.timezone,
    )


@door.post("/confirm/<token>")
@guards.by_token
def confirm(token: str) -> Any:
    """Confirm."""
    again = request.form.get("course") == "again"
    done = signup.confirm(
        house(),
        token,
        timezone=request.form.get("timezone", ""),
        choice=Choice.BEGIN_AGAIN if again else Choice.GO_ON,
    )
    if done is None:
        return _expired()
    return render_template(
        "confirmed.html", done=done, first=in_words(done.next_letter_at, done.zone), **_rhythm_choices(done.zone)
    )


@door.get("/unsubscribe/<token>")
@guards.by_token
def ask_to_leave(token: str) -> Any:
    """One large button, or, for who has left, the way back."""
    with house().store.reading() as tx:
        found = preferences.leaving(house(), tx, token)
    if found is None:
        abort(404)
    return render_template("goodbye.html" if found.is_gone else "leave.html", token=token, found=found)


@door.post("/unsubscribe/<token>")
@guards.by_token
def leave(token: str) -> Any:
    """Leave, by the page's button or by a mail program's one click (RFC 8058); or undo it."""
    if request.form.get("action") == "undo":
        return render_template("back.html") if preferences.undo(house(), token) else (_goodbye(token), 410)
    one_click = request.form.get("List-Unsubscribe") == "One-Click"
    if not preferences.leave(house(), token, method="one click (RFC 8058)" if one_click else "unsubscribe page"):
        abort(404)
    return _goodbye(token)


def _goodbye(token: str) -> str:
    with house().store.reading() as tx:
        found = preferences.leaving(house(), tx, token)
    if found is None:
        abort(404)
    return render_template("goodbye.html", token=token, found=found)


@door.get("/preferences/<token>")
@guards.by_token
def look_at_preferences(token: str) -> Any:
    """Her day, hour, zone, pause and lists."""
    return _preferences_page(token)


@door.post("/preferences/<token>")
@guards.by_token
def change_preferences(token: str) -> Any:
    """One wish a form: rhythm, pause, resume, leave a list, leave all."""
    try:
        known = _grant(token, request.form.get("action", ""))
    except PreferenceError as error:
        return _preferences_page(token, error=str(error)), 400
    if not known:
        abort(404)
    return redirect(url_for("public.look_at_preferences", token=token, saved=1), 303)


def _grant(token: str, action: str) -> bool:
    form = request.form
    match action:
        case "rhythm":
            hour, weekday = form.get("hour", ""), form.get("weekday", "")
            return preferences.set_rhythm(house(), token, hour=hour, weekday=weekday, timezone=form.get("timezone", ""))
        case "pause":
            return preferences.pause(house(), token, form.get("weeks", ""))
        case "resume":
            return preferences.resume(house(), token)
        case "leave":
            return preferences.leave_list(house(), token, form.get("list", ""))
        case "leave all":
            return preferences.leave_all(house(), token)
    raise PreferenceError("This form did not say what to change. Please try again.")


@door.get("/privacy")
@guards.public
def privacy() -> str:
    """What is kept, why, for how long."""
    return render_template("privacy.html")


def in_words(moment: datetime | None, zone: str) -> str:
    """An instant on her wall, in words; empty when there is none."""
    if moment is None or moment.year == 9999:
        return ""
    return moment_in_words(moment, zone)


def zones() -> dict[str, list[str]]:
    """Every zone by its region, for a select."""
    found: dict[str, list[str]] = {}
    for name in sorted(known_zones()):
        region = name.partition("/")[0]
        if region not in ("Etc", "SystemV", "US", "Canada", "Brazil", "Chile", "Mexico"):
            found.setdefault(region, []).append(name)
    return found


def _rhythm_choices(zone: str) -> dict[str, Any]:
    return {"zones": zones(), "zone": zone, "weekdays": WEEKDAYS}


def _signup_form(error: str = "", wish: Request | None = None) -> str:
    slug = (wish.list_slug if wish else request.args.get("list", "")) or signup.DEFAULT_LIST
    with house().store.reading() as tx:
        known = lists.by_slug(tx, slug) is not None
        slug = slug if known else signup.DEFAULT_LIST
        words = signup.wording(house(), tx, slug).words
    return render_template("signup.html", error=error, wish=wish, words=words, list_slug=slug, trap=_TRAP)


def _expired() -> Response:
    message = "This link has expired or was used up. Here is the form: you can sign up again, it takes a minute."
    return make_response(_signup_form(message), 404)


def _preferences_page(token: str, error: str = "") -> str:
    with house().store.reading() as tx:
        found = preferences.look(house(), tx, token)
    if found is None:
        abort(404)
    coming = [(one.title, in_words(one.next_letter_at, found.zone)) for one in found.courses]
    return render_template(
        "preferences.html",
        token=token,
        found=found,
        error=error,
        saved=request.args.get("saved"),
        address=mask(found.subscriber.address),
        coming=coming,
        paused_until=in_words(found.paused_until, found.zone),
        pause_weeks=PAUSE_WEEKS,
        **_rhythm_choices(found.zone),
    )
