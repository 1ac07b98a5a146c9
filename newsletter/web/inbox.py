"""The development inbox: what would have been sent, while mail stays on this machine."""

from typing import Any

from flask import Blueprint, Response, abort, render_template, request

from newsletter.mail.inbox import CapturedMail, newest, read
from newsletter.web import guards
from newsletter.web.guards import door as the_door
from newsletter.web.letters import mail_page

door = Blueprint("inbox", __name__)

_PAGE = 50


@door.get("/inbox")
@guards.at_this_machine
def overview() -> str:
    """The newest mails first."""
    folder = the_door().inbox
    assert folder is not None
    mails = newest(folder, _PAGE, request.args.get("before"))
    return render_template("inbox.html", mails=mails, older=mails[-1].id if len(mails) == _PAGE else None)


@door.get("/inbox/<mail_id>")
@guards.at_this_machine
def one(mail_id: str) -> Any:
    """One mail: as HTML, as text, its headers, its source."""
    return render_template("inbox_mail.html", mail=_find(mail_id), show=request.args.get("show", "html"))


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


def _find(mail_id: str) -> CapturedMail:
    folder = the_door().inbox
    assert folder is not None
    found = read(folder, mail_id)
    if found is None:
        abort(404)
    return found
