"""Campaigns and lessons to many: whoever reads, all is set already but her name, her address and her tokens."""

from collections.abc import Callable
from datetime import datetime

from newsletter.content.lines import one_line
from newsletter.content.mime import Form
from newsletter.content.plate import Plate
from newsletter.content.sheet import Composed
from newsletter.domain.course import Role
from newsletter.domain.delivery import Claim, Kind
from newsletter.domain.etiquette import ONE_MAIL
from newsletter.domain.message import Headers
from newsletter.domain.tokens import Purpose
from newsletter.usecases.house import House
from newsletter.usecases.sources import Sources

PLATES_KEPT = 512
"""As many as a press keeps forms, to which they belong."""

Key = tuple[int | None, int | None, int, int, str, bool]
"""Campaign or lesson revision, course, list, zone, and whether we know a name: in one batch, what a letter says."""


Write = Callable[[Sources, Claim, datetime, str], tuple[Form, Composed, Headers]]
"""What writes any letter, and what makes a message of it."""


class Plates:
    """The plates of one house, each cast from the first letter of its kind."""

    def __init__(self, house: House, write: Write) -> None:
        """Nothing is cast yet."""
        self._write = write
        self._zone = house.letterhead.timezone
        self._unsubscribe = house.keyring.signer(Purpose.UNSUBSCRIBE)
        self._preferences = house.keyring.signer(Purpose.PREFERENCES)
        self._view = house.keyring.signer(Purpose.VIEW)
        self._answer = house.keyring.signer(Purpose.ANSWER)
        self._plates: dict[Form, Plate | None] = {}
        self._batch: Sources | None = None
        self._of_batch: dict[Key, Plate | None] = {}

    def print(self, sources: Sources, claim: Claim, date: datetime, message_id: str) -> bytes | None:
        """The message of a claim, None where it has more of its own. Raises what comes of a row that is damaged."""
        person = sources.people.get(claim.subscriber_id or 0)
        membership = sources.memberships.get(claim.subscription_id or 0)
        if person is None or membership is None or person.discreet or claim.reason == ONE_MAIL:
            return None
        course, zone = 0, ""
        if claim.kind != Kind.CAMPAIGN:
            enrollment = sources.enrollments.get(claim.enrollment_id or 0)
            if claim.kind != Kind.LESSON or enrollment is None:
                return None
            course, zone = enrollment.course_id, person.zone(self._zone)
        name = one_line(person.name)
        key = claim.campaign_id, claim.lesson_revision_id, course, membership.list_id, zone, not name
        plate = self._plate(key, sources, claim, date, message_id)
        if plate is None:
            return None
        view = self._view(claim.public_id)
        tokens = {
            "unsubscribe": self._unsubscribe(membership.public_id),
            "preferences": self._preferences(person.public_id),
            "view": view,
            "reflect": view,
        }
        if claim.kind == Kind.LESSON and _asks(sources, claim):
            tokens["answer"] = self._answer(claim.public_id)
        return plate.print(name, claim.address, message_id, date, tokens)

    def _plate(self, key: Key, sources: Sources, claim: Claim, date: datetime, message_id: str) -> Plate | None:
        """The plate of what is said to all. The first letter of a key is written as any letter is, in every batch."""
        if sources is not self._batch:
            self._batch, self._of_batch = sources, {}
        if key not in self._of_batch:
            lesson = sources.lessons.get(claim.lesson_revision_id or 0)
            names_her_slot = lesson is not None and lesson.role is Role.OPENING
            self._of_batch[key] = None if names_her_slot else self._of(*self._write(sources, claim, date, message_id))
        return self._of_batch[key]

    def _of(self, form: Form, letter: Composed, headers: Headers) -> Plate | None:
        if form not in self._plates:
            if len(self._plates) >= PLATES_KEPT:
                del self._plates[next(iter(self._plates))]
            self._plates[form] = form.cast(letter, headers)
        return self._plates[form]


def _asks(sources: Sources, claim: Claim) -> bool:
    lesson = sources.lessons.get(claim.lesson_revision_id or 0)
    return lesson is not None and bool(lesson.ask)
