"""A letter in the browser: the mail as it was sent, behind its own link."""

import base64
import hashlib
import re

from flask import Blueprint, Response, abort

from newsletter.domain.delivery import Kind
from newsletter.domain.tokens import Purpose
from newsletter.store import deliveries
from newsletter.usecases import letters
from newsletter.usecases.letters import LetterError
from newsletter.web import guards
from newsletter.web.guards import house

door = Blueprint("letters", __name__)

_STYLES = re.compile(r"""<style[^>]*>(.*?)</style>|\sstyle="([^"]*)"|\sstyle='([^']*)'""", re.DOTALL)


@door.get("/letters/<token>")
@guards.by_token
def read(token: str) -> Response:
    """The letter that a link names."""
    public_id = house().keyring.read_token(Purpose.VIEW, token)
    with house().store.reading() as tx:
        row = deliveries.by_public_id(tx, public_id) if public_id else None
        if row is None or row.kind not in (Kind.LESSON, Kind.CAMPAIGN):
            abort(404)
        try:
            letter = letters.write(house(), tx, row)
        except LetterError:
            abort(404)
    return mail_page(letter.written.html, framed=False)


def mail_page(html: str, *, framed: bool) -> Response:
    """The HTML of a mail as a page that can run nothing and load nothing.

    Mail carries its styles inside its tags. Each is allowed by its own hash, so that even here the policy
    needs no 'unsafe-inline'.
    """
    styles = {first or second or third for first, second, third in _STYLES.findall(html)}
    hashes = " ".join(sorted(f"'sha256-{_sha256(_unescaped(style))}'" for style in styles))
    # Links open on top of a frame, not in it; a <base> without href needs no base-uri.
    response = Response(html.replace("<head>", '<head><base target="_top">', 1) if framed else html)
    ancestors = "'self'" if framed else "'none'"
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'unsafe-hashes' {hashes}; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors {ancestors}; "
        "sandbox allow-top-navigation-by-user-activation allow-popups allow-popups-to-escape-sandbox"
    )
    return response


def _sha256(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


def _unescaped(style: str) -> str:
    return style.replace("&quot;", '"').replace("&#39;", "'").replace("&amp;", "&")
