"""Puts the doors into one WSGI application, with the headers and the errors that all of them share."""

import logging
from contextlib import suppress
from pathlib import Path
from typing import Any

from flask import Flask, Response, make_response, render_template, request
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException, MethodNotAllowed, Unauthorized
from werkzeug.middleware.proxy_fix import ProxyFix

from newsletter.domain.discretion import READABLE_FOR
from newsletter.store import relays
from newsletter.store.engine import StoreBusyError, StoreError
from newsletter.usecases.house import House
from newsletter.web import accent, answering, elsewhere, evenly, guards, health, inbox, letters, public, studio, wishes
from newsletter.web.guards import Door
from newsletter.web.studio import doorway

log = logging.getLogger(__name__)

LARGEST_BODY = 256 * 1024
"""Octets a request may bring; the largest honest one is a campaign's text."""

PATIENCE = 16 * 1024 * 1024
"""Octets of a larger body that are read before it is answered with 413; who sends more is cut off."""

_SENTENCES = {
    400: ("This request could not be read", "Please go back and try again."),
    401: ("Please sign in first", "Your session has ended. Sign in at /admin/ and try again."),
    403: ("This page is not for you", "You may need to sign in, or to ask the owner for a wider role."),
    404: ("There is nothing here", "The link may be incomplete. Please copy it whole from the letter."),
    405: ("This page cannot do that", "Please go back and use its button."),
    413: ("That is too much at once", "Please send less than 256 kilobytes."),
    500: ("Something went wrong on our side", "It was written down. Please try again in a few minutes."),
    503: ("We are busy for a moment", "Nothing was changed. Please go back and try again in half a minute."),
}


def create_web(
    house: House, *, inbox_folder: Path | None, trusted_proxies: int = 0, signup_takes: float = evenly.TAKES
) -> Flask:
    """The web half. `inbox_folder` is where captured mail lies; None while another server takes our mail.

    `signup_takes`: seconds from a sign-up to its answer, at least, whatever is known of the address.
    """
    web = Flask(__name__, template_folder="pages", static_folder="static")
    is_https = house.letterhead.base_url.startswith("https://")
    web.config.update(
        SECRET_KEY=house.keyring.secret("web session"),
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        MAX_FORM_MEMORY_SIZE=LARGEST_BODY,
        SESSION_COOKIE_NAME="form",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=is_https,
        WTF_CSRF_TIME_LIMIT=None,  # a letter may be written for a whole day; the token ends with its session cookie
        WTF_CSRF_SSL_STRICT=False,  # pages send no referrer, on purpose; the token itself is checked
    )
    web.extensions["door"] = Door(house, inbox_folder, signup_takes)
    web.jinja_env.trim_blocks = web.jinja_env.lstrip_blocks = True
    protect = CSRFProtect(web)
    for door in (public.door, wishes.door, elsewhere.door, letters.door, answering.door, health.door, accent.door):
        # The token in the link is the proof, or the form may stand on any site; neither knows a session.
        protect.exempt(door)
        web.register_blueprint(door)
    for room in studio.DOORS:
        web.register_blueprint(room)
    if inbox_folder is not None:
        web.register_blueprint(inbox.door)
    web.context_processor(_on_every_page)
    web.before_request(lambda: guards.check_request(house))
    web.after_request(lambda response: _harden(response, is_https))
    _register_errors(web)
    _register_returns(web)
    if trusted_proxies:
        web.wsgi_app = ProxyFix(web.wsgi_app, x_for=trusted_proxies, x_proto=trusted_proxies, x_host=0)  # type: ignore[method-assign]
    return web


def _on_every_page() -> dict[str, Any]:
    """What the frames of all pages show; the studio's banners are asked for only where somebody is signed in."""
    with suppress(StoreError):  # the page that says so must not fail of the same
        guards.house()
    of = guards.house()
    shown: dict[str, Any] = {"letterhead": of.letterhead, "mail_leaves": of.mail_leaves, "who": None, "trouble": None}
    shown |= {"has_inbox": of.has_inbox, "neighbour": of.neighbour, "is_at_home": guards.is_at_home()}
    shown["behind_token"] = "token" in (request.view_args or {})
    shown["accent_sheet"] = accent.address_of(of.letterhead.accent)
    with suppress(StoreError):
        if request.path.startswith("/admin") and guards.visitor() is not None:
            with of.store.reading() as tx:
                shown |= {"who": guards.visitor(), "trouble": relays.trouble(tx)}
    return shown


def _harden(response: Response, is_https: bool) -> Response:
    response.headers.setdefault(
        "Content-Security-Policy",
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    # A form on another site may load the one script that is made for it, and nothing else of ours.
    is_for_others = request.endpoint == "static" and request.path.endswith("/embed.js")
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin" if is_for_others else "same-origin"
    response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), interest-cohort=()"
    if request.endpoint != "static" or response.status_code >= 400:  # no cache may keep a refusal
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("X-Robots-Tag", "noindex" if request.path != "/" else "all")
    if is_https:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response


def _register_errors(web: Flask) -> None:
    @web.errorhandler(HTTPException)
    def known(error: HTTPException) -> Response:
        if error.code == 413:
            _hear_out()
        response = page_of(error.code or 500, _how_much_is_too_much() if error.code == 413 else "")
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods))  # RFC 9110 section 15.5.6
        return response

    @web.errorhandler(StoreBusyError)
    def busy(_error: StoreBusyError) -> Response:
        response = page_of(503)
        response.headers["Retry-After"] = "30"
        return response

    @web.errorhandler(StoreError)
    def broken(error: StoreError) -> Response:
        log.error("%s", error)
        response = page_of(503)
        response.headers["Retry-After"] = "300"
        return response

    @web.errorhandler(Exception)
    def surprise(error: Exception) -> Response:
        # The path may hold a token and the message an address: the kind and the place must do.
        place = error.__traceback__
        while place and place.tb_next:
            place = place.tb_next
        at = f"{Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}" if place else "?"
        log.error("%s on %s at %s", type(error).__name__, request.endpoint, at)
        return page_of(500)


def _register_returns(web: Flask) -> None:
    """Forms that came too late: what was typed in the studio is never lost over it."""

    @web.errorhandler(CSRFError)
    def stale(_error: CSRFError) -> Response:
        # Only what the browser itself calls ours is shown again: another site's form must not put words on our page.
        if request.path.startswith("/admin/") and request.headers.get("Sec-Fetch-Site") == "same-origin":
            return doorway.ask_again(400)
        return page_of(400, "This form has been open for too long. Please go back, reload the page and try again.")

    @web.errorhandler(Unauthorized)
    def signed_out(error: Unauthorized) -> Response:
        words = error.description if error.description != Unauthorized.description else ""
        return doorway.ask_again(401, words or "") if request.path.startswith("/admin/") else page_of(401)


def _hear_out() -> None:
    """Read and forget what is left of a body that is too large: most clients read no answer before they have sent
    all, and one that is cut off shows its own error instead of our page."""
    for _ in range(PATIENCE // LARGEST_BODY):
        if not request.environ["wsgi.input"].read(LARGEST_BODY):
            break


def _how_much_is_too_much() -> str:
    return f"Please send less than {(request.max_content_length or LARGEST_BODY) // 1024:,} kilobytes at once."


def page_of(status: int, sentence: str = "") -> Response:
    """The page that says in one sentence what went wrong and what to do."""
    title, words = _SENTENCES.get(status, _SENTENCES[400 if status < 500 else 500])
    told = {"title": title, "sentence": sentence or words, "readable_days": READABLE_FOR.days}
    return make_response(render_template("sorry.html", **told), status)
