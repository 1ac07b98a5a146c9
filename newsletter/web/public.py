"""What anybody sees: the sign-up page, one letter to look into, the promise about what is kept."""

from typing import Any

from flask import Blueprint, Response, abort, current_app, jsonify, redirect, render_template, request, url_for

from newsletter.content.moments import number_in_words
from newsletter.domain.address import AddressError
from newsletter.usecases import offer, signup
from newsletter.usecases.offer import Offer
from newsletter.usecases.signup import Answer, Request
from newsletter.web import guards
from newsletter.web.evenly import evenly
from newsletter.web.guards import house
from newsletter.web.letters import mail_page, with_bar

door = Blueprint("public", __name__)

TRAP = "website"
"""A field that people do not see and programs fill in."""

_SENT = "An email is on its way to you. Press the button in it, and you are in."
_NO_SUCH_ZONE = "We do not know the time zone that came with the form, and ask for yours when you press that button."
_TOO_OFTEN = "Too many sign-ups came at once. You are not signed up yet: please wait an hour and send this again."
_NO_SUCH_LIST = "This form asks for a list that does not exist."


@door.get("/")
@guards.public
def home() -> str:
    """The sign-up page."""
    return signup_form()


@door.get("/subscribe")
@guards.public
def no_form_here() -> Any:
    """For whoever loads the answer anew, or types where the form goes: the form."""
    return redirect(url_for("public.home", list=request.args.get("list")), 303)


@door.post("/subscribe")
@guards.public
@evenly
def subscribe() -> Any:
    """Ask for a subscription; from our page, or from a form or a script on any other site."""
    wish = Request(
        email=request.form.get("email", ""),
        name=request.form.get("name", ""),
        timezone=request.form.get("timezone", ""),
        list_slug=request.form.get("list", ""),
        peer=guards.peer(),
        source="sign-up page" if request.form.get("from") == "page" else "a form elsewhere",
        from_here=guards.is_from_here(),
    )
    status, problem = (200, "") if request.form.get(TRAP) else _ask(wish)
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return _spoken(status, problem or (_SENT if wish.knows_zone else f"{_SENT} {_NO_SUCH_ZONE}"))
    if problem:
        is_hers = status == 400 and problem != _NO_SUCH_LIST
        page = signup_form(error=problem, wish=wish) if is_hers else signup_form(notice=problem, wish=wish)
        return page, status, _again(status)
    return render_template("look.html", zone_note="" if wish.knows_zone else _NO_SUCH_ZONE)


def _ask(wish: Request) -> tuple[int, str]:
    """A status, and what is wrong in words; nothing for every address that could be one."""
    try:
        answer = signup.request(house(), wish)
    except AddressError as error:
        return 400, str(error)
    match answer:
        case Answer.TOO_MANY:
            return 429, _TOO_OFTEN
        case Answer.UNKNOWN_LIST:
            return 400, _NO_SUCH_LIST
    return 200, ""


def _spoken(status: int, message: str) -> Response:
    """The answer to a script on another site. It may read it, and never with cookies: there is no credential here."""
    response = jsonify(message=message)
    response.status_code = status
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Vary"] = "Accept"
    response.headers.extend(_again(status))
    return response


def _again(status: int) -> dict[str, str]:
    """The header that tells a program when to come back; a page says it in words."""
    return {"Retry-After": "3600"} if status == 429 else {}


@door.get("/example")
@guards.public
def example() -> Response:
    """One weekly letter in full, as a reader gets it."""
    with house().store.reading() as tx:
        seen = offer.offer(house(), tx, request.args.get("list") or signup.DEFAULT_LIST)
    written = offer.example_letter(house(), seen) if seen else None
    if seen is None or written is None:
        abort(404)
    sentence = f"An example: letter 1 of {seen.weekly}"
    html = with_bar(written.html, sentence=sentence, link=_home_of(seen), words="Sign-up page")
    return mail_page(html, framed=False)


@door.get("/privacy")
@guards.public
def privacy() -> str:
    """What is kept, why, for how long."""
    head = house().letterhead
    return render_template("privacy.html", contact=head.reply_to or head.sender)


@door.get("/favicon.ico")
@guards.public
def icon() -> Response:
    """For browsers that ask without being told where it is."""
    return current_app.send_static_file("icon.svg")


def signup_form(*, error: str = "", notice: str = "", wish: Request | None = None) -> str:
    """The sign-up page of the list that is asked for; `error` is about the address, `notice` about the visit."""
    slug = (wish.list_slug if wish else request.args.get("list", "")) or signup.DEFAULT_LIST
    with house().store.reading() as tx:
        seen = offer.offer(house(), tx, slug) or offer.offer(house(), tx, signup.DEFAULT_LIST)
    if seen is None:
        abort(404)
    return render_template(
        "signup.html",
        seen=seen,
        error=error,
        notice=notice,
        wish=wish,
        trap=TRAP,
        sample=_first_lines(seen),
        many=number_in_words(seen.weekly),
        minutes=f"{number_in_words(seen.minutes)} minute{'' if seen.minutes == 1 else 's'}",
        gives=_gives(seen),
    )


def _home_of(seen: Offer) -> str:
    return url_for("public.home", list=None if seen.list_slug == signup.DEFAULT_LIST else seen.list_slug)


def _first_lines(seen: Offer) -> list[str]:
    """The greeting and the two first paragraphs of the example letter."""
    written = offer.example_letter(house(), seen)
    return [" ".join(part.split()) for part in written.text.split("\n\n")[:3]] if written else []


def _gives(seen: Offer) -> str:
    parts = ["one idea"] + ["one small practice"] * seen.has_practice
    if not seen.has_question:
        return " and ".join(parts)
    return ", ".join(parts) + " and one question to carry through the week"
