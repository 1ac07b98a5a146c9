"""A letter in the browser, behind its own link, and the page on which its reader answers it for herself."""

import base64
import hashlib
import re

from flask import Blueprint, Response, abort, get_template_attribute, make_response, render_template

from newsletter.domain.address import mask
from newsletter.domain.tokens import Purpose
from newsletter.store import subscribers
from newsletter.usecases import letters, reading
from newsletter.usecases.letters import LetterError
from newsletter.web import guards
from newsletter.web.guards import house

door = Blueprint("letters", __name__)

_STYLES = re.compile(r"""<style[^>]*>(.*?)</style>|\sstyle="([^"]*)"|\sstyle='([^']*)'""", re.DOTALL)
_TITLE = re.compile(r"<title>.*?</title>", re.DOTALL)
_BODY = re.compile(r"<body[^>]*>")
_SHEET = re.compile(r"<html[^>]*>|<style[^>]*>.*?</style>", re.DOTALL)
_META_SCHEME = re.compile(r"""(<meta name="(?:supported-)?color-schemes?" content=")[^"]*(")""")
_ASKS_SCHEME = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)", re.IGNORECASE)
_SCHEMES = re.compile(r"(?<![\w-])((?:supported-)?color-schemes?\s*:\s*)[a-z ]+")


@door.get("/letters/<token>")
@guards.by_token
def read(token: str) -> Response:
    """The letter that a link names. People pass this page on: it has no link of its reader's own."""
    return _letter(Purpose.VIEW, token)


@door.get("/read/<token>")
@guards.by_token
def read_discreetly(token: str) -> Response:
    """The letter of which her inbox shows nothing, until its link expires."""
    return _letter(Purpose.DISCREET, token)


@door.get("/reflect/<token>")
@guards.by_token
def reflect(token: str) -> Response:
    """A page to write on, whose words stay in the reader's own browser."""
    return _page_to_reflect_on(Purpose.VIEW, token)


@door.get("/read/<token>/reflect")
@guards.by_token
def reflect_discreetly(token: str) -> Response:
    """The same beside a discreet letter, as long as that can be read."""
    return _page_to_reflect_on(Purpose.DISCREET, token)


def _letter(purpose: Purpose, token: str) -> Response:
    with house().store.reading() as tx:
        row = reading.letter_behind(house(), tx, purpose, token)
        if row is None:
            abort(404)
        try:
            letter = letters.write(house(), tx, row, openly=True, for_anybody=purpose is Purpose.VIEW)
        except LetterError:
            abort(404)
        person = subscribers.by_id(tx, row.subscriber_id or 0)
    sent_to = f"A letter to {mask(person.address)}" if person else "A letter"
    html = with_bar(letter.written.html, sentence=sent_to, link="/", words="Get these letters")
    if purpose is Purpose.DISCREET or (person is not None and person.discreet):
        html = _TITLE.sub("<title>A letter</title>", html, count=1)  # it stays in the history of the browser
    if purpose is Purpose.VIEW:
        html = html.replace("</body>", f"{get_template_attribute('letter_bar.html', 'note')()}</body>", 1)
    return mail_page(html, framed=False)


def _page_to_reflect_on(purpose: Purpose, token: str) -> Response:
    """Its policy refuses requests, beacons and sockets of scripts (connect-src), and forms."""
    with house().store.reading() as tx:
        found = reading.reflection(house(), tx, purpose, token)
    if found is None:
        abort(404)
    care = house().composer.care(found.zone)
    response = make_response(render_template("reflect.html", found=found, care=care))
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'none'; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    )
    return response


def with_bar(html: str, *, sentence: str, link: str, words: str) -> str:
    """A letter of ours as a page: a quiet bar above it, and the letter itself as the page's main part."""
    style = get_template_attribute("letter_bar.html", "style")()
    bar = get_template_attribute("letter_bar.html", "bar")(sentence, link, words)
    html = html.replace('role="article"', 'role="main"', 1).replace("</head>", f"{style}</head>", 1)
    return _BODY.sub(lambda body: f"{body[0]}{bar}", html, count=1)


def mail_page(html: str, *, framed: bool, look: str = "", opens: str = "_top") -> Response:
    """The HTML of a mail as a page that can run nothing and load nothing.

    `look` shows it as a reader has it whose system is "light" or "dark", whatever the visitor's own system
    asks for; anything else leaves every byte as it was sent. Mail carries its styles inside its tags. Each
    is allowed by its own hash, so that even here the policy needs no 'unsafe-inline'.
    """
    if look in ("light", "dark"):
        html = _seen_in(html, look)
    styles = {first or second or third for first, second, third in _STYLES.findall(html)}
    hashes = " ".join(sorted(f"'sha256-{_sha256(_unescaped(style))}'" for style in styles))
    # Links open on top of a frame (or where `opens` says), not in it; a <base> without href needs no base-uri.
    response = Response(html.replace("<head>", f'<head><base target="{opens}">', 1) if framed else html)
    ancestors = "'self'" if framed else "'none'"
    # The policy forbids every script either way. Only, without this word translators and reading aids, which work
    # beside a page, could not help with a letter that fills the window; its origin stays nobody's.
    aids = "" if framed else " allow-scripts"
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'unsafe-hashes' {hashes}; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors {ancestors}; "
        f"sandbox allow-top-navigation-by-user-activation allow-popups allow-popups-to-escape-sandbox{aids}"
    )
    return response


def _seen_in(html: str, look: str) -> str:
    """The mail with its questions about light and dark answered, in its styles and meta tags; its words stay."""
    html = _META_SCHEME.sub(rf"\g<1>{look}\g<2>", html)
    return _SHEET.sub(lambda sheet: _answered(sheet[0], look), html)


def _answered(sheet: str, look: str) -> str:
    # A condition that always or never holds may stand anywhere in a media query, as the one it replaces did.
    sheet = _ASKS_SCHEME.sub(lambda asked: "(min-width: 0)" if asked[1].lower() == look else "(max-width: 0)", sheet)
    return _SCHEMES.sub(rf"\g<1>{look}", sheet)


def _sha256(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


def _unescaped(style: str) -> str:
    """A style as the browser's parser hands it on: mail's lines end in CR LF, and a parser makes them LF."""
    lines = style.replace("\r\n", "\n").replace("\r", "\n")
    return lines.replace("&quot;", '"').replace("&#39;", "'").replace("&amp;", "&")
