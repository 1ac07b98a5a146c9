"""How a campaign looks to one reader, in every way a reader may have it, and a test of it by mail."""

from functools import partial
from typing import Any

from flask import Response, abort, render_template, request, url_for
from flask import redirect as go_to

from newsletter.content.placeholders import TextError
from newsletter.domain.address import AddressError
from newsletter.domain.campaign import Campaign
from newsletter.store import audiences
from newsletter.usecases import campaigns, previews
from newsletter.usecases.campaigns import CampaignError
from newsletter.usecases.previews import Preview
from newsletter.web import guards
from newsletter.web.guards import house, visitor
from newsletter.web.letters import mail_page
from newsletter.web.studio.campaigns.room import door, find, may_edit, page

VIEWS = {
    "phone": "Phone",
    "desktop": "Desktop",
    "light": "Light",
    "dark": "Dark",
    "plain": "Images off",
    "text": "Text",
    "headers": "Headers",
    "source": "Source",
}
_MOST_FOUND = 10


@door.get("/<public_id>/preview")
@guards.signed_in("viewer")
def look(public_id: str) -> Any:
    """The letter as one reader gets it."""
    return _preview_page(public_id)


@door.post("/<public_id>/preview")
@guards.signed_in("editor")
def search(public_id: str) -> Any:
    """The same, with the readers whose address holds some words; a form, since no address should stand in a URL."""
    return _preview_page(public_id, words=request.form.get("find", "").strip()[:254])


@door.get("/<public_id>/preview/html")
@guards.signed_in("viewer")
def letter(public_id: str) -> Response:
    """Its HTML, for the frame; `look` is light or dark, and otherwise every byte is as sent."""
    _found, shown, mistake = _read(public_id)
    if shown is None:
        return mail_page(render_template("studio/campaign_frame.html", words=mistake), framed=True)
    return mail_page(shown.written.html, framed=True, look=request.args.get("look", ""))


@door.get("/<public_id>/preview/source")
@guards.signed_in("viewer")
def source(public_id: str) -> Response:
    """The message as it would go over the wire now."""
    _found, shown, mistake = _read(public_id)
    return Response(shown.source if shown else mistake, mimetype="text/plain")


@door.post("/<public_id>/test")
@guards.signed_in("editor")
def test(public_id: str) -> Any:
    """Send a test to oneself, or to any address."""
    to = request.form.get("to", "").strip()
    with house().store.reading() as tx:
        find(tx, public_id)
    try:
        campaigns.send_test(house(), public_id, to)
    except (AddressError, CampaignError) as error:
        return _preview_page(public_id, to=to, error=str(error)), 400
    kept: dict[str, Any] = {name: request.form[name] for name in ("for", "view") if request.form.get(name)}
    return go_to(url_for("campaigns.look", public_id=public_id, sent=1, **kept), 303)


def _preview_page(public_id: str, *, words: str = "", to: str = "", error: str = "") -> str:
    view = request.values.get("view", "")
    found, shown, mistake = _read(public_id)
    with house().store.reading() as tx:
        readers = audiences.search(tx, found.list_id, words, _MOST_FOUND + 1) if words else []
        her = audiences.reader(tx, found.list_id, _reader()) if _reader() else None
    who = visitor()
    return page(
        "campaign_preview.html",
        one=found,
        shown=shown,
        mistake=mistake,
        view=view if view in VIEWS else "phone",
        views=VIEWS,
        her=her,
        link=partial(_link, found),
        reader=_reader(),
        words=words,
        readers=readers[:_MOST_FOUND],
        has_more=len(readers) > _MOST_FOUND,
        to=to or (who.address if who else ""),
        error=error,
        sent=request.args.get("sent"),
    )


def _read(public_id: str) -> tuple[Campaign, Preview | None, str]:
    """The campaign, the letter to the reader asked for, or the mistake in it."""
    with house().store.reading() as tx:
        found = find(tx, public_id)
        try:
            shown = previews.preview(house(), tx, found, _reader())
        except TextError as error:
            return found, None, str(error)
    if shown is None:
        abort(404)
    return found, shown, ""


def _link(one: Campaign, endpoint: str, reader: str | None = None, **values: str) -> str:
    """Another way to look at the letter, by the same reader unless another is named."""
    who = _reader() if reader is None else reader
    asked: dict[str, Any] = {name: value for name, value in {**values, "for": who}.items() if value}
    return url_for(endpoint, public_id=one.public_id, **asked)


def _reader() -> str:
    """Whose letter is asked for. It holds her own links, which whoever may change nothing should not have."""
    return request.values.get("for", "") if may_edit() else ""
