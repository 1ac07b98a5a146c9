"""What the owner says of the practice: what holds now, who says so, and to change it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from newsletter.domain import colour, practice
from newsletter.domain.address import parse
from newsletter.store import owner_settings
from newsletter.store.engine import Transaction
from newsletter.usecases.house import House

_NEEDED = {
    "sender_address": "is needed while mail leaves this machine: letters have to come from somebody.",
    "postal_address": "is needed while mail leaves this machine: the law asks for it.",
}


class PracticeError(Exception):
    """What cannot be saved; `wrong` has the end of a sentence for each field that is to blame."""

    def __init__(self, wrong: dict[str, str]) -> None:
        """Keep the sentences."""
        super().__init__(" ".join(wrong.values()))
        self.wrong = wrong


@dataclass(frozen=True, slots=True)
class Entry:
    """One field: its value, the variable that holds it (empty: it can be changed here), and its last change."""

    value: str
    held_by: str = ""
    changed_at: datetime | None = None
    changed_by: str | None = None


def entries(house: House, tx: Transaction) -> dict[str, Entry]:
    """Every field of the practice as it holds now."""
    said, held = owner_settings.everything(tx), _held(house)
    found = {}
    for field, variable in practice.VARIABLES.items():
        if field in held:
            found[field] = Entry(held[field], held_by=variable)
        elif field in said:
            found[field] = Entry(said[field].value, "", said[field].changed_at, said[field].by)
        else:
            found[field] = Entry("")
    return found


def save(house: House, given: Mapping[str, str], *, by: int | None) -> list[str]:
    """Save what differs from what holds; `by` is the admin’s number. Returns the fields that changed.

    Fields that the environment holds are passed by, fields not given stay. Raises PracticeError.
    """
    held = _held(house)
    wanted = {field: _tidy(field, value) for field, value in given.items() if field in practice.VARIABLES}
    wanted = {field: value for field, value in wanted.items() if field not in held}
    now = house.clock.now()
    with house.store.transaction() as tx:
        before = owner_settings.values(tx)
        after = {**before, **wanted, **held}
        wrong = {field: words for field, value in wanted.items() if (words := practice.wrong(field, value))}
        wrong = {**practice.wrong_together(after), **_missing(house, wanted), **wrong}
        if wrong:
            raise PracticeError(wrong)
        changed = [field for field, value in wanted.items() if value != before.get(field, "")]
        for field in changed:
            owner_settings.change(tx, field, wanted[field], admin=by, now=now)
    return changed


def _missing(house: House, wanted: Mapping[str, str]) -> dict[str, str]:
    if not house.mail_leaves:
        return {}
    return {field: words for field, words in _NEEDED.items() if field in wanted and not wanted[field]}


def _held(house: House) -> Mapping[str, str]:
    return house.stationery.held if house.stationery else {}


def _tidy(field: str, value: str) -> str:
    """The one form in which a value is kept; what is wrong with it stays, to be told."""
    lines = [line.strip(" \t") for line in value.replace("\r\n", "\n").strip(" \t\n").split("\n")]
    value = "\n".join(lines)
    if not value or practice.wrong(field, value):
        return value
    match field:
        case "accent":
            return colour.read(value) or value
        case "sender_address":
            return parse(value).typed
    return value
