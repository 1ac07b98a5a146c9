"""Forms on other sites: what an owner copies there, as a form without scripts, with a small script, or as a link."""

from typing import Any

from flask import Blueprint, abort, render_template, request, url_for

from newsletter.usecases import offer, signup
from newsletter.web import guards
from newsletter.web.guards import house
from newsletter.web.public import TRAP

door = Blueprint("elsewhere", __name__)


@door.get("/embed")
@guards.public
def embed() -> Any:
    """Three ways to put the form of one list (`?list=`) on another site, each to copy."""
    with house().store.reading() as tx:
        seen = offer.offer(house(), tx, request.args.get("list") or signup.DEFAULT_LIST)
    if seen is None:
        abort(404)
    base = house().letterhead.base_url
    home = base + url_for("public.home", list=None if seen.list_slug == signup.DEFAULT_LIST else seen.list_slug)
    known: dict[str, Any] = {"seen": seen, "base": base, "home": home, "trap": TRAP}
    form = render_template("embed_form.html", script="", **known)
    scripted = render_template("embed_form.html", script=f"{base}/static/embed.js", **known)
    link = render_template("embed_link.html", **known)
    return render_template("embed.html", form=form.strip(), scripted=scripted.strip(), link=link.strip(), **known)
