"""From the development inbox to the world: what was captured stays captured, who joined meanwhile waits."""

from newsletter.store import deliveries, duties, subscribers
from newsletter.usecases.house import House

_MODE = "mail_mode"
_CAPTURED, _LEAVES = "captured", "leaves"
HELD_REASON = "joined before mail could leave"


def note_mail_mode(house: House) -> int:
    """Remember whether mail leaves this machine. Returns how many people are held because that changed.

    When it begins to leave, everybody who joined while it was captured is held until the owner agrees: they
    may be trial addresses, and the real ones have not seen the letters that the ledger calls sent.
    """
    mode = _LEAVES if house.mail_leaves else _CAPTURED
    with house.store.transaction() as tx:
        before = duties.fact(tx, _MODE)
        if before == mode:
            return 0
        duties.remember(tx, _MODE, mode)
        if not (before == _CAPTURED and mode == _LEAVES):
            return 0
        deliveries.skip_urgent(tx, "captured before mail could leave", house.clock.machine())
        return subscribers.hold_all(tx, HELD_REASON)
