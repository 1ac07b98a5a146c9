"""Writing a campaign: a subject, a text in Markdown, the list it is for, and how it reads beside it."""

from typing import Any

from flask import Response, abort, render_template, request, url_for
from flask import redirect as go_to

from newsletter.content.placeholders import TextError
from newsletter.domain import campaign
from newsletter.domain.campaign import Campaign
from newsletter.store import lists
from newsletter.usecases import drafts, previews, readiness
from newsletter.usecases.drafts import DraftChangedError, DraftError, NoDraftError, Words
from newsletter.usecases.signup import DEFAULT_LIST
from newsletter.web import guards
from newsletter.web.guards import house
from newsletter.web.letters import mail_page
from newsletter.web.studio.campaigns.room import door, find, is_draft, page

_NOTHING = "Nothing is written yet. What you type stands here as your readers will get it."


@door.get("/new")
@guards.signed_in("editor")
def begin() -> str:
    """An empty sheet."""
    return _sheet(None, Words("", "", request.args.get("list", DEFAULT_LIST)))


@door.post("/new")
@guards.signed_in("editor")
def keep_first() -> Any:
    """Keep a new draft."""
    words = _typed()
    try:
        public_id = drafts.begin(house(), words)
    except DraftError as error:
        return _sheet(None, words, errors=error.errors), 400
    return _onwards(public_id)


@door.get("/<public_id>/write")
@guards.signed_in("editor")
def write(public_id: str) -> Any:
    """A draft, to write on."""
    with house().store.reading() as tx:
        found = find(tx, public_id)
    if not is_draft(found):
        return go_to(url_for("campaigns.one", public_id=public_id), 303)
    words = Words(found.subject, found.body, found.list_slug)
    return _sheet(found, words, errors=readiness.mistakes(found.subject, found.body), seen=campaign.digest(found))


@door.post("/<public_id>/write")
@guards.signed_in("editor")
def keep(public_id: str) -> Any:
    """Keep what was written; what somebody else wrote meanwhile is shown, never lost."""
    words = _typed()
    with house().store.reading() as tx:
        found = find(tx, public_id)
    seen = request.form.get("seen", "")
    try:
        drafts.save(house(), public_id, words, seen=seen)
    except DraftError as error:
        return _sheet(found, words, errors=error.errors, seen=seen), 400
    except DraftChangedError as error:
        theirs = error.current
        return _sheet(theirs, words, seen=campaign.digest(theirs), theirs=theirs), 409
    except NoDraftError as error:
        return _sheet(found, words, seen=seen, frozen=str(error)), 409
    return _onwards(public_id)


@door.get("/preview")
@guards.signed_in("editor")
def empty() -> Response:
    """What the frame shows before anything is written."""
    return _in_frame(_NOTHING)


@door.post("/preview")
@guards.signed_in("editor")
def try_words() -> Response:
    """The words in the form as a letter, for the frame beside it; nothing is kept."""
    words, form = _typed(), request.form
    if not words.subject.strip() and not words.body.strip():
        return _in_frame(_NOTHING)
    with house().store.reading() as tx:
        to = lists.by_slug(tx, words.list_slug)
    try:
        name = "Maria" if form.get("reader") == "named" else ""
        written = previews.unsaved(house(), words, to.title if to else "", name)
    except TextError as error:
        return _in_frame(str(error))
    if form.get("show") == "text":
        return _in_frame(written.text)
    return mail_page(written.html, framed=True, look="dark" if form.get("dark") else "")


@door.post("/check")
@guards.signed_in("editor")
def check_words() -> Any:
    """What is wrong with the words in the form, and what to think over, by field; nothing is kept."""
    words = _typed().cleaned()
    return {
        "problems": readiness.mistakes(words.subject, words.body),
        "remarks": readiness.remarks(words.subject, words.body),
    }


def _in_frame(words: str) -> Response:
    return mail_page(render_template("studio/campaign_frame.html", words=words), framed=True)


def _typed() -> Words:
    form = request.form
    if not {"subject", "body", "list"} <= set(form):
        abort(400)
    return Words(form["subject"], form["body"], form["list"])


def _onwards(public_id: str) -> Any:
    if request.form.get("then") == "look":
        return go_to(url_for("campaigns.look", public_id=public_id), 303)
    return go_to(url_for("campaigns.write", public_id=public_id, done="saved"), 303)


def _sheet(
    found: Campaign | None,
    words: Words,
    *,
    errors: dict[str, str] | None = None,
    seen: str = "",
    theirs: Campaign | None = None,
    frozen: str = "",
) -> str:
    with house().store.reading() as tx:
        mailing = lists.everything(tx)
    return page(
        "campaign_write.html",
        one=found,
        words=words,
        lists=mailing,
        errors=errors or {},
        seen=seen,
        theirs=theirs,
        frozen=frozen,
        remarks=readiness.remarks(words.subject, words.body),
        is_unsaved=request.method == "POST",
        done=request.args.get("done", "") if request.method == "GET" else "",
    )
