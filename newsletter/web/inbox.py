"""The development inbox: what would have been sent, while mail stays on this machine."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, jsonify, render_template, request, url_for

from newsletter.mail import inbox as mails
from newsletter.mail.inbox import CapturedMail, Head, Wanted
from newsletter.web import guards
from newsletter.web.guards import door as the_door
from newsletter.web.letters import mail_page

door = Blueprint("inbox", __name__)

PAGE = 50
_BESIDE = 12
"""How many mails stand in the list before and after the one that is open."""

_PLAIN = {"show": "letter", "width": "desktop", "look": "light"}
"""How a mail is shown when the address says nothing else."""

_WAYS = {
    "show": ("letter", "text", "headers", "source"),
    "width": ("desktop", "phone"),
    "look": ("light", "dark"),
}


@door.get("/inbox")
@guards.at_this_machine
def overview() -> str:
    """All mails, the newest first; found by words; or the letters of one person (`to`) in the order they came."""
    wanted, before, after = _wanted(), request.args.get("before", ""), request.args.get("after", "")
    if wanted.to:
        rows = mails.newer(_folder(), wanted, PAGE + 1, after)
        more = url_for("inbox.overview", after=rows[PAGE - 1].id, **_asked()) if len(rows) > PAGE else ""
    else:
        rows = mails.older(_folder(), wanted, PAGE + 1, before)
        more = url_for("inbox.overview", before=rows[PAGE - 1].id, **_asked()) if len(rows) > PAGE else ""
    return render_template(
        "inbox.html", rows=rows[:PAGE], more=more, begins_later=before or after, link=_linker(), **_frame(wanted)
    )


@door.get("/inbox/newest")
@guards.at_this_machine
def newest() -> Response:
    """The id of the newest mail that is asked for, for a page that watches."""
    return jsonify(id=_newest(_wanted()))


@door.get("/inbox/<mail_id>")
@guards.at_this_machine
def one(mail_id: str) -> Any:
    """One mail beside the list it stands in: as a letter, as text, its headers, its source."""
    mail, wanted = _find(mail_id), _wanted()
    rows = _around(mail_id, wanted)
    here = [row.id for row in rows].index(mail_id)
    chosen = {name: _choice(name) for name in _WAYS}
    return render_template(
        "inbox_mail.html",
        mail=mail,
        rows=rows,
        previous=rows[here - 1] if here else None,
        following=rows[here + 1] if here + 1 < len(rows) else None,
        link=_linker(),
        pictures=mail.html.lower().count("<img"),
        kilobytes=max(1, round(len(mail.source) / 1000)),
        said={name.lower(): value for name, value in mail.headers},
        **chosen,
        **_frame(wanted),
    )


@door.get("/inbox/<mail_id>/html")
@guards.at_this_machine
def html(mail_id: str) -> Response:
    """The HTML part, for the frame; `look` shows it as somebody in the light or in the dark gets it."""
    return mail_page(_find(mail_id).html, framed=True, look=request.args.get("look", ""))


@door.get("/inbox/<mail_id>/source")
@guards.at_this_machine
def source(mail_id: str) -> Response:
    """The mail as it arrived."""
    return Response(_find(mail_id).source, mimetype="text/plain")


def _around(mail_id: str, wanted: Wanted) -> list[Head]:
    """The open mail among its neighbours, in the order of the list it was chosen from."""
    itself = mails.head(_folder(), mail_id)
    assert itself is not None
    before = mails.older(_folder(), wanted, _BESIDE, mail_id)
    after = mails.newer(_folder(), wanted, _BESIDE, mail_id)
    in_order = [*before[::-1], itself, *after]
    return in_order if wanted.to else in_order[::-1]


def _linker() -> Callable[..., str]:
    """Makes the address of a mail, or of the open one shown in another way, without what goes without saying."""
    kept = {name: _choice(name) for name in _WAYS}

    def link(mail_id: str, **ways: str) -> str:
        said = {name: value for name, value in (kept | ways).items() if value != _PLAIN[name]}
        return url_for("inbox.one", mail_id=mail_id, **(_asked() | said))

    return link


def _frame(wanted: Wanted) -> dict[str, Any]:
    """What both pages of the inbox need to search and to watch."""
    return {"wanted": wanted, "newest": _newest(wanted), "watch": url_for("inbox.newest", **_asked())}


def _wanted() -> Wanted:
    return Wanted(request.args.get("to", "").strip(), request.args.get("q", "").strip())


def _asked() -> dict[str, Any]:
    """The search as it stands in the address, to be carried along."""
    wanted = _wanted()
    return {name: value for name, value in (("to", wanted.to), ("q", wanted.words)) if value}


def _choice(name: str) -> str:
    asked = request.args.get(name, "")
    return asked if asked in _WAYS[name] else _PLAIN[name]


def _newest(wanted: Wanted) -> str:
    return next((row.id for row in mails.older(_folder(), wanted, 1)), "")


def _folder() -> Path:
    folder = the_door().inbox
    assert folder is not None
    return folder


def _find(mail_id: str) -> CapturedMail:
    found = mails.read(_folder(), mail_id)
    if found is None:
        abort(404)
    return found
