"""Who may come in: every route names its guard here, and a test walks the URL map to prove it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Response, abort, after_this_request, current_app, g, redirect, request, session, url_for
from werkzeug.exceptions import BadHost

from newsletter.domain.golive import is_loopback
from newsletter.store.admins import Admin
from newsletter.usecases import admins
from newsletter.usecases.admins import SignInError
from newsletter.usecases.house import House

COOKIE = "studio"
AGAIN = ("again-email", "again-password")
"""The fields by which somebody signs in with the very form that came after the end of the session."""
ROLES = ("viewer", "editor", "owner")

View = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Door:
    """What a view may reach: the house, where captured mail lies, and how long a sign-up takes (see `evenly`)."""

    house: House
    inbox: Path | None
    takes: float = 0.0


def door() -> Door:
    """The door of the application in use."""
    found: Door = current_app.extensions["door"]
    return found


def house() -> House:
    """The house behind the door with today's letterhead, asked for once a request.

    Raises StoreError when the database does not answer; from then on it is the house as the environment says, for
    the page that tells of the trouble has to be drawn all the same.
    """
    if "house" not in g:
        g.house = door().house
        g.house = g.house.current()
    found: House = g.house
    return found


def public(view: View) -> View:
    """Anybody may come."""
    return _named(view, "public")


def by_token(view: View) -> View:
    """Whoever has the link: the token in it is checked by the use case, and every wrong one gets the same 404."""
    return _named(view, "token")


def signed_in(role: str) -> Callable[[View], View]:
    """Somebody with a session and at least this role; anybody else goes to the sign-in page, or gets a 403.

    A form that comes without a session gets a 401 with the way to sign in and send it again (studio/doorway.py).
    """

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            who = visitor() or _signed_in_again()
            if who is None:
                return _to_the_door() if request.method in ("GET", "HEAD") else abort(401)
            if ROLES.index(who.role) < ROLES.index(role):
                abort(403)
            return view(*args, **kwargs)

        return _named(guarded, f"signed in: {role}")

    return guard


def at_this_machine(view: View) -> View:
    """The development inbox: free while the base URL is loopback, for signed-in people otherwise."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if not is_at_home() and visitor() is None:
            return redirect(url_for("doorway.sign_in"))
        return view(*args, **kwargs)

    return _named(guarded, "inbox")


def visitor() -> Admin | None:
    """Who is signed in, asked once a request."""
    if "visitor" not in g:
        token = request.cookies.get(COOKIE, "")
        g.visitor = admins.who_is(house(), token) if token else None
    found: Admin | None = g.visitor
    return found


def last_visitor() -> Admin | None:
    """Whose session this was that has ended by itself; it opens nothing any more."""
    token = request.cookies.get(COOKIE, "")
    return admins.who_was(house(), token) if token else None


def open_session(response: Response, token: str) -> Response:
    """Give the browser its session."""
    is_https = urlsplit(house().letterhead.base_url).scheme == "https"
    response.set_cookie(COOKIE, token, httponly=True, secure=is_https, samesite="Lax", path="/")
    return response


def _signed_in_again() -> Admin | None:
    """Who signs in with the form that is sent again; a wrong password is a 401 that says so."""
    email, password = (request.form.get(name, "") for name in AGAIN)
    if not password:
        return None
    try:
        token = admins.sign_in(house(), email, password, peer())
    except SignInError as error:
        abort(401, description=str(error))
    g.visitor = admins.who_is(house(), token)
    after_this_request(lambda response: open_session(response, token))
    return visitor()


def _to_the_door() -> Any:
    """To the sign-in page, and from there on to the page that was asked for; a frame's inside is none."""
    if request.method == "GET" and request.headers.get("Sec-Fetch-Dest", "document") == "document":
        session["onward"] = request.full_path.removesuffix("?")
    return redirect(url_for("doorway.sign_in"))


def check_request(of: House) -> Response | None:
    """Refuse a Host that is not the base URL's: a poisoned one must reach neither a link nor a cache."""
    if isinstance(request.routing_exception, BadHost):  # Flask has no URL map for it, and a page needs one
        return Response("This request could not be read: it names no host.\n", 400, mimetype="text/plain")
    by_token = "token" in (request.view_args or {})  # a damaged token gets the answer of every unknown one
    if ("\0" in request.path and not by_token) or any("\0" in value for value in request.args.values()):
        abort(404)  # PostgreSQL cannot even be asked for it
    expected = urlsplit(of.letterhead.base_url).hostname or ""
    asked = _host_asked()
    is_ours = asked == expected or (is_loopback(expected) and is_loopback(asked))
    if not is_ours and not (request.endpoint and request.endpoint.startswith("health.")):
        abort(400)
    return None


def _host_asked() -> str:
    try:
        asked = urlsplit(f"//{request.host}")
        return (asked.hostname or "") if asked.port is None or asked.port else ""
    except ValueError:  # such as "[" or a port that is no number
        return ""


def peer() -> str:
    """The visitor's network address, as the proxies we trust report it."""
    return request.remote_addr or ""


def is_from_here() -> bool:
    """Whether somebody at this very machine asks, of a house that links to itself: who runs it, a test, a demo.

    What another machine asked through a proxy that was not declared comes from loopback too, but says so in a header.
    """
    proxied = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"))
    return is_loopback(peer()) and is_at_home() and not proxied


def is_at_home() -> bool:
    """Whether every link leads to this machine alone, as it does before anybody else is invited."""
    return is_loopback(urlsplit(house().letterhead.base_url).hostname or "")


def _named(view: View, guard: str) -> View:
    view.guard = guard  # type: ignore[attr-defined]
    return view
