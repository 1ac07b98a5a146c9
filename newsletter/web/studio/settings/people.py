"""The people who run this: who may sign in, with which role; an invitation; signing out everywhere."""

from typing import Any

from flask import request

from newsletter.domain.address import AddressError
from newsletter.store import admins as rows
from newsletter.usecases import admins
from newsletter.usecases.admins import InviteError
from newsletter.web import guards
from newsletter.web.guards import ROLES, house
from newsletter.web.studio import saying
from newsletter.web.studio.settings.room import door

_MAY = {
    "viewer": "sees everything, changes nothing",
    "editor": "writes and sends campaigns, changes courses",
    "owner": "also changes settings, invites and erases people",
}


@door.get("/people")
@guards.signed_in("viewer")
def people() -> str:
    """Who may sign in."""
    return _page()


@door.post("/people")
@guards.signed_in("owner")
def invite() -> Any:
    """Make a one-time link for somebody; it is shown this once and kept nowhere."""
    email, role = request.form.get("email", "").strip(), request.form.get("role", "")
    if role not in ROLES:
        return _page(email=email, error="Please choose what this person may do."), 400
    try:
        link = admins.invite(house(), email, role)
    except (AddressError, InviteError) as error:
        return _page(email=email, role=role, error=str(error)), 400
    return _page(link=link, invited=email)


def _page(**shown: Any) -> str:
    with house().store.reading() as tx:
        everybody = rows.everybody(tx)
    machine = house().clock.machine()
    hours = admins.SETUP_LASTS.total_seconds() // 3600
    return saying.page("people.html", everybody=everybody, roles=_MAY, machine=machine, hours=int(hours), **shown)
