"""Drafts of campaigns: write, rewrite, duplicate, delete; nothing that somebody typed is lost."""

from dataclasses import dataclass, replace

from newsletter.content.lines import clean_text, one_line
from newsletter.content.placeholders import LONGEST_TEXT
from newsletter.domain import campaign
from newsletter.domain.campaign import Campaign, CampaignState
from newsletter.store import campaigns, lists
from newsletter.store.engine import Transaction
from newsletter.usecases.campaigns import LONGEST_SUBJECT, CampaignError, find, take
from newsletter.usecases.house import House
from newsletter.usecases.signup import DEFAULT_LIST


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody typed: a subject, a text in Markdown, and the slug of the list it is for."""

    subject: str
    body: str
    list_slug: str = DEFAULT_LIST

    def cleaned(self) -> "Words":
        """The same with one line of subject, and line ends as they are kept."""
        return Words(one_line(self.subject), clean_text(self.body), self.list_slug)


class DraftError(CampaignError):
    """Words that cannot be kept as they are; `errors` says why, by the name of the field."""

    def __init__(self, errors: dict[str, str]) -> None:
        """Keep the sentences."""
        super().__init__(" ".join(errors.values()))
        self.errors = errors


class DraftChangedError(CampaignError):
    """Somebody else saved other words meanwhile; `current` is what they saved."""

    def __init__(self, current: Campaign) -> None:
        """Keep the other words."""
        super().__init__("Somebody else changed this draft while you were writing.")
        self.current = current


class NoDraftError(CampaignError):
    """The campaign is queued, or more, and its text is frozen."""


def begin(house: House, words: Words) -> str:
    """Write a draft down, finished or not. Returns its id. Raises DraftError."""
    words = words.cleaned()
    if not words.subject and not words.body.strip():
        raise DraftError({"subject": "There is nothing to keep yet: please write a subject or a text."})
    _check_sizes(words)
    with house.store.transaction() as tx:
        to = _list(tx, words.list_slug)
        return campaigns.add(tx, list_id=to, subject=words.subject, body=words.body, now=house.clock.now())


def save(house: House, public_id: str, words: Words, *, seen: str | None) -> None:
    """Rewrite a draft, finished or not. Raises DraftError, NoDraftError, DraftChangedError.

    `seen` is the digest of the version that was rewritten (`domain.campaign.digest`); None writes over any.
    """
    words = words.cleaned()
    _check_sizes(words)
    with house.store.transaction() as tx:
        found, to = take(tx, public_id), _list(tx, words.list_slug)
        if found.state is not CampaignState.DRAFT:
            raise NoDraftError(f"This campaign is {found.state}, and its text is frozen.")
        wanted = replace(found, list_slug=words.list_slug, subject=words.subject, body=words.body)
        if seen not in (None, campaign.digest(found)) and wanted != found:
            raise DraftChangedError(found)
        campaigns.change_draft(tx, found.id, list_id=to, subject=words.subject, body=words.body)


def duplicate(house: House, public_id: str) -> str:
    """Begin a draft with the words of any campaign. Returns its id."""
    with house.store.transaction() as tx:
        found = find(tx, public_id)
        now = house.clock.now()
        return campaigns.add(tx, list_id=found.list_id, subject=found.subject, body=found.body, now=now)


def delete(house: House, public_id: str) -> None:
    """Delete a draft. Raises NoDraftError when it is none any more."""
    with house.store.transaction() as tx:
        found = take(tx, public_id)
        if not campaigns.delete_draft(tx, found.id):
            raise NoDraftError(f"This campaign is {found.state}; only a draft can be deleted.")


def _check_sizes(words: Words) -> None:
    errors: dict[str, str] = {}
    if len(words.subject) > LONGEST_SUBJECT:
        errors["subject"] = (
            f"The subject has {len(words.subject)} characters, and {LONGEST_SUBJECT} is the most. Please shorten it."
        )
    if len(words.body) > LONGEST_TEXT:
        errors["body"] = f"The text has {len(words.body):,} characters, and {LONGEST_TEXT:,} is the most."
    if errors:
        raise DraftError(errors)


def _list(tx: Transaction, slug: str) -> int:
    to = lists.by_slug(tx, slug)
    if to is None:
        raise DraftError({"list": f"There is no list “{slug}”. `newsletter list show` names those there are."})
    return to.id
