"""Adding somebody by hand, who asked for it elsewhere: she is pending until she confirms, like everybody else."""

from newsletter.domain import address
from newsletter.domain.subscriber import Subscriber
from newsletter.domain.subscription import Status
from newsletter.store import lists, subscribers, suppressions
from newsletter.store.suppressions import Suppression
from newsletter.usecases import signup
from newsletter.usecases.house import House
from newsletter.usecases.people import PersonError


def invite(house: House, *, email: str, name: str, timezone: str, list_slug: str, note: str) -> Subscriber:
    """Add somebody who asked for it elsewhere: she gets a confirmation mail and is pending until she presses it.

    `note` says how she asked; it is kept with her consent. Raises AddressError, or PersonError with what to do.
    """
    wanted, note = address.parse(email), " ".join(note.split())
    if not 3 <= len(note) <= 300 or not note.isprintable():
        raise PersonError("Please say in a few words, at most 300 characters, how they asked for it.", "note")
    with house.store.transaction() as tx:
        to = lists.by_slug(tx, list_slug)
        if to is None:
            raise PersonError("Please choose a list.", "list_slug")
        keys = house.address_keys(wanted.comparable)
        if kept := suppressions.of(tx, keys):
            raise PersonError(_no_mail(kept))
        before = subscribers.find(tx, keys)
        standing = subscribers.subscription(tx, before.id, to.id) if before else None
        if standing and standing.status is Status.CONFIRMED:
            raise PersonError(f"This person is on the list “{to.title}” already, and has confirmed it.")
        wish = signup.Request(wanted.typed, name, timezone, list_slug, source=f"by hand in the studio: {note}")
        signup.take_in(house, tx, wish, wanted, keys, to)
        person = subscribers.find(tx, keys)
        assert person is not None
        return person


def _no_mail(kept: Suppression) -> str:
    day = f"{kept.created_at:%Y-%m-%d}"
    if kept.reason == suppressions.ERASED:
        return f"This person was erased on request on {day}. The only way back is the sign-up form."
    return f"This address gets no mail since {day}: {kept.reason}. Ask for another address."
