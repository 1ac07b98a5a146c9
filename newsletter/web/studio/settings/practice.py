"""What the owner says of the practice: one form in three groups, saved as one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import redirect, request, url_for

from newsletter.domain.colour import DARK, LIGHT, OURS, Accent, accent_of, nearest_readable, read
from newsletter.domain.practice import LONGEST
from newsletter.usecases import practice
from newsletter.usecases.practice import PracticeError
from newsletter.web import guards
from newsletter.web.guards import house
from newsletter.web.studio import saying
from newsletter.web.studio.settings.room import door


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the form: its name, its label, what helps to fill it in, and how it is typed."""

    name: str
    label: str
    help: str
    kind: str = "text"


GROUPS = (
    (
        "The practice",
        "Readers see these on every page, and at the foot of every letter.",
        (
            Field("practice_name", "Name of the practice", "Empty: the sender’s name stands in its place."),
            Field("postal_address", "Postal address", "The law asks for one under every letter.", "lines"),
            Field("accent", "Accent colour", "For links and buttons, such as #1f6f6b. Empty: ours.", "colour"),
        ),
    ),
    (
        "Who writes",
        "What a reader’s inbox shows beside each letter, and where an answer goes.",
        (
            Field("sender_name", "Sender’s name", "A person’s name is opened more gladly than a company’s."),
            Field("sender_address", "Sender’s address", "Of your own domain, and read by somebody.", "email"),
            Field("reply_to", "Answers go to", "Only if not to the sender: another address that somebody reads."),
        ),
    ),
    (
        "Under each letter",
        "One thing to do, if you like, and where help is.",
        (
            Field("call_to_action", "Call to action", "The words on the button, such as “Book a first conversation”."),
            Field("call_to_action_url", "Link of the call to action", "An https:// address.", "url"),
            Field(
                "care_line",
                "Care line",
                "Where to turn in danger. Empty: ours, which names 988 to readers in the US and findahelpline.com"
                " elsewhere.",
                "line",
            ),
            Field(
                "telling_words",
                "Words that tell",
                "A hint warns of subjects that say too much on a lock screen. Your own words beside ours, parted by"
                " commas, in any language; “divorc*” stands for all endings.",
                "line",
            ),
        ),
    ),
)


@door.get("/")
@guards.signed_in("viewer")
def overview() -> str:
    """The settings as they hold."""
    return _form()


@door.post("/")
@guards.signed_in("owner")
def save() -> Any:
    """Save what changed; nothing typed is lost over a mistake."""
    who = guards.visitor()
    assert who is not None
    try:
        changed = practice.save(house(), request.form, by=who.id)
    except PracticeError as error:
        return _form(request.form, error.wrong), 400
    return redirect(url_for("settings.overview", saved="yes" if changed else "nothing"), 303)


def _form(typed: Mapping[str, str] | None = None, wrong: Mapping[str, str] | None = None) -> str:
    with house().store.reading() as tx:
        entries = practice.entries(house(), tx)
    shown = {name: (typed or {}).get(name, entry.value) for name, entry in entries.items()}
    changes = [entry for entry in entries.values() if entry.changed_at]
    return saying.page(
        "settings.html",
        groups=GROUPS,
        entries=entries,
        typed=shown,
        wrong=wrong or {},
        longest=LONGEST,
        newest=max(changes, key=lambda entry: str(entry.changed_at), default=None),
        saved=request.args.get("saved"),
        accent=_shown_accent(shown["accent"]),
        light=LIGHT,
        dark=DARK,
    )


def _shown_accent(typed: str) -> Accent:
    """What the specimen shows: the colour typed, or the nearest to it that can be read; ours when it is none."""
    colour = read(typed)
    return accent_of(nearest_readable(colour, LIGHT)) if colour else OURS
