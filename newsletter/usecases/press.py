"""The press: a batch of claims into messages, each kind of letter laid out and encoded once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from newsletter.content.mime import Form, form_of
from newsletter.content.sheet import Composed, Sheet
from newsletter.domain.delivery import Claim, Kind
from newsletter.domain.message import Headers
from newsletter.store.engine import Transaction
from newsletter.usecases import letters
from newsletter.usecases.house import House
from newsletter.usecases.plates import Plates
from newsletter.usecases.sources import Kept, Sources, gather

FORMS_KEPT = 512
"""As many as the composer keeps layouts; a form takes about as much memory as its letter is long."""

DAMAGED = (ValueError, TypeError, LookupError)
"""What reading a row raises that holds no value of ours. The database's own errors are none of these."""


class Press:
    """Prints the letters of one round of sending, under the letterhead of its house."""

    def __init__(self, house: House) -> None:
        """Nothing is compiled before the first letter of its kind."""
        self._house = house
        self._kept = Kept()
        self._forms: dict[tuple[Sheet, str, str], Form] = {}
        self._plates = Plates(house, self._write)

    def print(
        self, tx: Transaction, claims: Sequence[Claim], date: datetime, message_ids: Sequence[str]
    ) -> list[bytes | Exception]:
        """The message of each claim, not yet signed, or why it cannot be written: one bad row stops nobody else.

        The same claim, date and id give the same bytes. Asks the store as often for a thousand letters as for one.
        Trouble with the database is raised: it is no fault of a letter's.
        """
        return self.print_from(self.gathered(tx, claims), claims, date, message_ids)

    def print_from(
        self,
        gathered: Sequence[Sources | Exception],
        claims: Sequence[Claim],
        date: datetime,
        message_ids: Sequence[str],
    ) -> list[bytes | Exception]:
        """The same, from what was gathered for each claim; asks the store nothing."""
        rows = zip(gathered, claims, message_ids, strict=True)
        return [self._print_one(sources, claim, date, message_id) for sources, claim, message_id in rows]

    def gathered(self, tx: Transaction, claims: Sequence[Claim]) -> Sequence[Sources | Exception]:
        """What each letter is written from; should a row of it be damaged, every letter asks for itself."""
        # A draft on trial may be rewritten before it goes out: what a trial reads is not kept.
        on_trial = any(claim.kind == Kind.TEST for claim in claims)
        kept = replace(self._kept, campaigns={}) if on_trial else self._kept
        try:
            return [gather(self._house, tx, claims, kept)] * len(claims)
        except DAMAGED as damage:
            return [damage] if len(claims) == 1 else [one for claim in claims for one in self.gathered(tx, [claim])]

    def _print_one(
        self, sources: Sources | Exception, claim: Claim, date: datetime, message_id: str
    ) -> bytes | Exception:
        if isinstance(sources, Exception):
            return sources
        try:
            if message := self._plates.print(sources, claim, date, message_id):
                return message
            form, letter, head = self._write(sources, claim, date, message_id)
            return form.print(letter, head)
        except Exception as poison:  # all of it is the letter's own: nothing here asks the store
            return poison

    def _write(self, sources: Sources, claim: Claim, date: datetime, message_id: str) -> tuple[Form, Composed, Headers]:
        letter = letters.compose(self._house, sources, claim)
        head = letters.headers(self._house, letter, address=claim.address, message_id=message_id, date=date)
        what = letter.written.sheet, letter.feedback, letter.list_public_id
        form = self._forms.get(what) or self._keep(what, form_of(letter.written, head))
        return form, letter.written, head

    def _keep(self, what: tuple[Sheet, str, str], form: Form) -> Form:
        if len(self._forms) >= FORMS_KEPT:
            del self._forms[next(iter(self._forms))]
        self._forms[what] = form
        return form
