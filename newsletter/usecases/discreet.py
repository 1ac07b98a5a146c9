"""Discreet letters: she chooses whether her inbox may show what she reads."""

from newsletter.store import subscribers
from newsletter.usecases import preferences
from newsletter.usecases.house import House
from newsletter.usecases.preferences import PreferenceError


def choose(house: House, token: str, wish: str) -> bool:
    """Have letters come discreetly ("on") or as they are ("off"). False when the link is not ours."""
    if wish not in ("on", "off"):
        raise PreferenceError("Please choose how your letters should come.", "discreet")
    with house.store.transaction() as tx:
        person = preferences.whose(house, tx, token)
        if person is None:
            return False
        subscribers.change(tx, person.id, discreet=int(wish == "on"))
    return True
