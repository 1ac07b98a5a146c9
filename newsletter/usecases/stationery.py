"""Letterheads: what the environment says of the practice, and under it what the owner has said in the studio."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache

from newsletter.content.compose import Composer
from newsletter.domain.colour import accent_of
from newsletter.domain.message import Letterhead, Mailbox
from newsletter.domain.practice import DEFAULT_SENDER, read_mailbox


class Stationery:
    """Prints letterheads, and keeps the composer of the last two: one lays every letter out anew."""

    def __init__(self, blank: Letterhead, held: Mapping[str, str], make: Callable[[Letterhead], Composer]) -> None:
        """`blank` has what no owner says (address of the pages, zone); `held` the fields that the environment holds."""
        self._blank = blank
        self.held = dict(held)
        self.composer = lru_cache(maxsize=2)(make)
        """The composer of a letterhead."""

    def letterhead(self, said: Mapping[str, str]) -> Letterhead:
        """The letterhead of today, from what the owner has said by the fields of `domain.practice`."""
        known = {**said, **self.held}
        address = known.get("sender_address", "")
        nobody = "" if address else DEFAULT_SENDER.name
        reply_to = known.get("reply_to", "")
        return replace(
            self._blank,
            name=known.get("practice_name", ""),
            sender=Mailbox(address or DEFAULT_SENDER.address, known.get("sender_name", "") or nobody),
            reply_to=read_mailbox(reply_to) if reply_to else None,
            postal_address=known.get("postal_address", ""),
            accent=accent_of(known.get("accent", "")),
            call_to_action=known.get("call_to_action", ""),
            call_to_action_url=known.get("call_to_action_url", ""),
            care_line=known.get("care_line", ""),
            telling_words=known.get("telling_words", ""),
        )
