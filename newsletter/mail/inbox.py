"""The development inbox's reading side: files back into mails, however strange they are."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from functools import lru_cache
from itertools import islice
from pathlib import Path

from newsletter.domain.address import on_the_wire

_LONGEST_HEAD = 64 * 1024
_ID = re.compile(r"\d{8}T\d{6}\.\d{6}Z-[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class CapturedMail:
    """One mail as it arrived. `to` are the envelope's recipients; `defects` is what is wrong with its form.

    `date` is None when the header is missing or unreadable, `text` and `html` are empty when there is no such part.
    """

    id: str
    received_at: datetime
    to: tuple[str, ...]
    subject: str
    date: datetime | None
    text: str
    html: str
    headers: tuple[tuple[str, str], ...]
    defects: tuple[str, ...]
    source: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """What a list shows of one mail: enough to choose it by, and cheap to read."""

    id: str
    received_at: datetime
    to: tuple[str, ...]
    subject: str
    date: datetime | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which mails are asked for: to one address, with these words in an address or in the subject; empty: all."""

    to: str = ""
    words: str = ""

    def fits(self, head: Head) -> bool:
        """Whether a mail is one of these, whatever the case."""
        addresses = " ".join(head.to).lower()
        said = f"{addresses} {head.subject.lower()}"
        return (not self.to or self.to.lower() in addresses.split()) and all(
            word in said for word in self.words.lower().split()
        )


def older(folder: Path, wanted: Wanted, limit: int, before: str = "") -> list[Head]:
    """At most `limit` of the wanted mails, newest first, all older than the id `before` when there is one."""
    ids = sorted((i for i in _ids(folder) if not before or i < before), reverse=True)
    return list(islice(_wanted(folder, ids, wanted), limit))


def newer(folder: Path, wanted: Wanted, limit: int, after: str = "") -> list[Head]:
    """At most `limit` of the wanted mails, oldest first, all newer than the id `after` when there is one."""
    ids = sorted(i for i in _ids(folder) if i > after)
    return list(islice(_wanted(folder, ids, wanted), limit))


def head(folder: Path, id: str) -> Head | None:
    """What a list shows of one mail; None when there is none."""
    try:
        return _read_head(folder / f"{id}.eml") if _ID.fullmatch(id) else None
    except FileNotFoundError:
        return None


def _wanted(folder: Path, ids: list[str], wanted: Wanted) -> Iterator[Head]:
    return (found for i in ids if (found := head(folder, i)) and wanted.fits(found))


@lru_cache(maxsize=20_000)  # a mail never changes once it is there
def _read_head(path: Path) -> Head:
    with path.open("rb") as file:
        message = message_from_bytes(file.read(_LONGEST_HEAD).partition(b"\r\n\r\n")[0], policy=policy.default)
    headers = tuple(_headers(message))
    return Head(
        id=path.stem,
        received_at=_received_at(path.stem),
        to=tuple(value for name, value in headers if name == "Delivered-To"),
        subject=_first(headers, "subject"),
        date=_date(_first(headers, "date")),
    )


def newest(folder: Path, limit: int, before: str | None = None) -> list[CapturedMail]:
    """At most `limit` mails, newest first, older than the one with the id `before`."""
    ids = sorted((i for i in _ids(folder) if before is None or i < before), reverse=True)
    return [mail for i in ids[:limit] if (mail := read(folder, i))]


def read(folder: Path, id: str) -> CapturedMail | None:
    """The mail with this id; None when there is none, or when it is no id at all."""
    if not _ID.fullmatch(id):
        return None
    try:
        source = (folder / f"{id}.eml").read_bytes()
    except FileNotFoundError:
        return None
    return _parsed(id, source)


def forget(folder: Path, address: str) -> int:
    """Delete every mail that names an address anywhere, as typed or as it goes on the wire. Returns how many."""
    signs = {name.lower().encode() for name in (address, on_the_wire(address))}
    named = [path for path in folder.glob("*.eml") if any(sign in path.read_bytes().lower() for sign in signs)]
    for path in named:
        path.unlink(missing_ok=True)
    return len(named)


def _ids(folder: Path) -> Iterator[str]:
    return (path.stem for path in folder.glob("*.eml") if _ID.fullmatch(path.stem))


def _parsed(id: str, source: bytes) -> CapturedMail:
    message = message_from_bytes(source, policy=policy.default)
    headers = tuple(_headers(message))
    return CapturedMail(
        id=id,
        received_at=_received_at(id),
        to=tuple(value for name, value in headers if name == "Delivered-To"),
        subject=_first(headers, "subject"),
        date=_date(_first(headers, "date")),
        text=_body(message, "plain"),
        html=_body(message, "html"),
        headers=headers,
        defects=tuple(type(defect).__name__ for part in message.walk() for defect in part.defects),
        source=source,
    )


def _headers(message: EmailMessage) -> Iterator[tuple[str, str]]:
    """Decoded where they can be; the stdlib's header parser raises many kinds of error on rubbish."""
    for name, raw in message.raw_items():
        try:
            value = str(message.policy.header_fetch_parse(name, raw))
        except Exception:
            value = str(raw)
        yield name, " ".join(value.encode("utf-8", "replace").decode().split())


def _first(headers: tuple[tuple[str, str], ...], name: str) -> str:
    return next((value for key, value in headers if key.lower() == name), "")


def _date(value: str) -> datetime | None:
    try:
        return parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None


def _body(message: EmailMessage, subtype: str) -> str:
    """The first part of that type, decoded as well as it can be."""
    try:
        part = message.get_body(preferencelist=(subtype,))
        content = part.get_content() if part else ""
        return content if isinstance(content, str) else ""
    except Exception:  # unknown charset, broken base64, no such content manager: show what there is
        return "(This part cannot be decoded; see the source.)"


def _received_at(id: str) -> datetime:
    return datetime.strptime(id.partition("-")[0], "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC)
