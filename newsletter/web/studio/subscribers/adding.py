"""Adding somebody by hand, who asked for it elsewhere: she confirms like everybody else."""

from typing import Any

from flask import redirect as go_to
from flask import request, url_for

from newsletter.domain.address import AddressError
from newsletter.domain.cadence import known_zones
from newsletter.store import lists
from newsletter.usecases import inviting
from newsletter.usecases.people import PersonError
from newsletter.usecases.signup import DEFAULT_LIST
from newsletter.web import guards
from newsletter.web.guards import house
from newsletter.web.studio.saying import page
from newsletter.web.studio.subscribers.room import door

_FIELDS = ("email", "name", "timezone", "list_slug", "note")


@door.get("/add")
@guards.signed_in("editor")
def ask_whom() -> str:
    """The form."""
    return _form({"list_slug": DEFAULT_LIST}, {})


@door.post("/add")
@guards.signed_in("editor")
def add() -> Any:
    """Remember her as pending, and owe her a confirmation mail."""
    typed = {name: request.form.get(name, "") for name in _FIELDS}
    try:
        person = inviting.invite(house(), **typed)
    except AddressError as error:
        return _form(typed, {"email": str(error)}), 400
    except PersonError as error:
        return _form(typed, {error.field: str(error)}), 400
    return go_to(url_for("subscribers.one", public_id=person.public_id, done="added"), 303)


def _form(typed: dict[str, str], mistakes: dict[str, str]) -> str:
    with house().store.reading() as tx:
        mailing = lists.named(tx)
    return page("subscriber_add.html", typed=typed, mistakes=mistakes, mailing=mailing, zones=sorted(known_zones()))
