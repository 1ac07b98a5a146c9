"""Coming in and going out: sign-in, the one-time set-up link, signing out here and everywhere."""

from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, session, url_for

from newsletter.usecases import admins
from newsletter.usecases.admins import SetupLinkError, SignInError
from newsletter.web import guards
from newsletter.web.guards import AGAIN, COOKIE, house, visitor

door = Blueprint("doorway", __name__, url_prefix="/admin")

_WORTH_SHOWING = 40
_MOST_SHOWN = 5
"""Characters of a field that is shown as well as carried, and how many such fields are."""


@door.get("/login")
@guards.public
def sign_in() -> Any:
    """The door of the studio."""
    if visitor() is not None:
        return redirect(url_for("today.overview"))
    return render_template("studio/sign_in.html", error="", email="")


@door.post("/login")
@guards.public
def open_session() -> Any:
    """Let somebody in."""
    email = request.form.get("email", "")
    try:
        token = admins.sign_in(house(), email, request.form.get("password", ""), guards.peer())
    except SignInError as error:
        return render_template("studio/sign_in.html", error=str(error), email=email), 401
    onward = session.pop("onward", "") or url_for("today.overview")
    return guards.open_session(make_response(redirect(onward, 303)), token)


@door.post("/logout")
@guards.public
def close_session() -> Response:
    """End the session; with `everywhere`, all of this person's."""
    token = request.cookies.get(COOKIE, "")
    if request.form.get("everywhere"):
        admins.sign_out_everywhere(house(), token)
    else:
        admins.sign_out(house(), token)
    response = make_response(redirect(url_for("doorway.sign_in"), 303))
    response.delete_cookie(COOKIE)
    return response


@door.get("/setup/<token>")
@guards.by_token
def ask_password(token: str) -> Any:
    """Choose a password, once."""
    if not admins.is_setup_link(house(), token):
        return _used_up()
    return render_template("studio/setup.html", token=token, error="", shortest=admins.SHORTEST_PASSWORD)


@door.post("/setup/<token>")
@guards.by_token
def set_password(token: str) -> Any:
    """Set it; then sign in with it, since a link alone must not open the studio."""
    try:
        admins.set_up(house(), token, request.form.get("password", ""))
    except SetupLinkError:
        return _used_up()
    except SignInError as error:
        page = render_template("studio/setup.html", token=token, error=str(error), shortest=admins.SHORTEST_PASSWORD)
        return page, 400
    return redirect(url_for("doorway.sign_in"), 303)


def ask_again(status: int, error: str = "") -> Response:
    """A form came after the end of its session: sign in, and it is sent again with every word that was typed.

    It is asked for only where the browser or the form's own token says that the form is ours: what another site
    sends must not stand on a page of this one.
    """
    typed = [one for one in request.form.items(multi=True) if one[0] not in (*AGAIN, "csrf_token")]
    shown = {"typed": typed, "files": any(file.filename for file in request.files.values()), "error": error}
    long = [words for _, words in typed if len(words) > _WORTH_SHOWING][:_MOST_SHOWN]
    page = render_template("studio/again.html", **shown, long=long, email=request.form.get(AGAIN[0], ""))
    return make_response(page, status)


def _used_up() -> Any:
    message = "This link was used or has expired. `newsletter admin create EMAIL` makes a new one."
    return render_template("sorry.html", title="This link is used up", sentence=message), 404
