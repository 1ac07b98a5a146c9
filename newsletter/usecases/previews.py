"""How a campaign looks to one reader before she gets it: the same letter, made by what will make it then."""

from dataclasses import dataclass

from newsletter.content.mime import build
from newsletter.content.sheet import Composed
from newsletter.domain.campaign import Campaign
from newsletter.domain.delivery import Kind
from newsletter.domain.message import Links, Reader
from newsletter.store import audiences, progress
from newsletter.store.engine import Transaction
from newsletter.usecases import letters
from newsletter.usecases.campaigns import delivery_id
from newsletter.usecases.drafts import Words
from newsletter.usecases.house import House
from newsletter.usecases.letters import Letter

NOBODY = "somebody@example.org"
"""The address of the reader whom nobody knows."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A letter to one reader: how it reads, and the message as it would go over the wire now."""

    address: str
    written: Composed
    source: bytes

    @property
    def head(self) -> str:
        """The headers, as they go over the wire."""
        return self.source.partition(b"\r\n\r\n")[0].decode("ascii", "replace").replace("\r\n", "\n")


@dataclass(frozen=True, slots=True)
class _Owed:
    """A delivery that may not be owed yet."""

    public_id: str
    subscriber_id: int
    subscription_id: int
    campaign_id: int
    kind: Kind = Kind.CAMPAIGN
    enrollment_id: None = None
    lesson_revision_id: None = None
    reason: None = None


def preview(house: House, tx: Transaction, one: Campaign, reader: str = "") -> Preview | None:
    """A campaign as a confirmed reader of its list gets it, named by public id; by default somebody without a name.

    None when there is no such reader. Raises TextError where the text has a mistake. Of what is sent to her,
    the date alone is another, and with it the signature.
    """
    if not reader:
        letter = _to_nobody(house, one)
        return _preview(house, letter, NOBODY, delivery_id(house, one, 0))
    her = audiences.reader(tx, one.list_id, reader)
    if her is None:
        return None
    public_id = progress.delivery_for(tx, one.id, her.id) or delivery_id(house, one, her.id)
    letter = letters.write(house, tx, _Owed(public_id, her.id, her.subscription_id, one.id), openly=True)
    return _preview(house, letter, her.address, public_id)


def unsaved(house: House, words: Words, list_title: str, name: str = "") -> Composed:
    """Words that are being written, as a reader of this name would get them. Raises TextError."""
    words = words.cleaned()
    reader = Reader(name, house.letterhead.timezone, _links_of_nobody(house))
    return house.composer.campaign(reader, subject=words.subject, body=words.body, list_title=list_title)


def _to_nobody(house: House, one: Campaign) -> Letter:
    words = Words(one.subject, one.body, one.list_slug)
    return Letter(unsaved(house, words, one.list_title), "", _links_of_nobody(house), one.list_slug, Kind.CAMPAIGN)


def _links_of_nobody(house: House) -> Links:
    base = house.letterhead.base_url
    return Links(
        unsubscribe=f"{base}/unsubscribe/example",
        preferences=f"{base}/preferences/example",
        view=f"{base}/letters/example",
    )


def _preview(house: House, letter: Letter, address: str, public_id: str) -> Preview:
    domain = house.letterhead.sender.address.rpartition("@")[2]
    head = letters.headers(house, letter, address=address, message_id=f"<{public_id}@{domain}>", date=house.clock.now())
    return Preview(address, letter.written, house.seal(build(letter.written, head)))
