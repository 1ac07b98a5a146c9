"""Giving a person a tag, and taking it back; a tag is a form's field and never part of an address."""

from typing import Any

from flask import redirect as go_to
from flask import request, url_for

from newsletter.usecases import tagging
from newsletter.usecases.people import PersonError
from newsletter.web import guards
from newsletter.web.guards import house
from newsletter.web.studio.subscribers.person import page_of
from newsletter.web.studio.subscribers.room import door, find


@door.post("/<public_id>/tags")
@guards.signed_in("editor")
def tag(public_id: str) -> Any:
    """Give her a tag."""
    with house().store.reading() as tx:
        person = find(tx, public_id)
    typed = request.form.get("tag", "")
    try:
        tagging.give(house(), person, typed)
    except PersonError as error:
        return page_of(public_id, str(error), field=error.field, typed=typed), 400
    return go_to(url_for("subscribers.one", public_id=public_id, done="tagged"), 303)


@door.post("/<public_id>/tags/take")
@guards.signed_in("editor")
def untag(public_id: str) -> Any:
    """Take a tag of hers back."""
    with house().store.reading() as tx:
        person = find(tx, public_id)
    try:
        tagging.take(house(), person, request.form.get("tag", ""))
    except PersonError as error:
        return page_of(public_id, str(error)), 400
    return go_to(url_for("subscribers.one", public_id=public_id, done="untagged"), 303)
