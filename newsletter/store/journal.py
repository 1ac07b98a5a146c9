"""A sender's notebook on disk: which messages were accepted, before the ledger has been told.

The ledger is told of many answers at once, some milliseconds after they came. A process killed in between would
not know what was accepted, and send it again. So every acceptance is first written here: one `pwrite` of some bytes
into space that is reserved beforehand, which no full disk can refuse and no `kill -9` can take back. Whoever
recovers what a dead sender left reads its notebook first.
"""

import os
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

_ENTRY = struct.Struct("<QQ")
"""Delivery and attempt; all zero where nothing is noted."""

PAGES = 4
ENTRIES = 1024
"""Entries of a page. A page is filled, told to the ledger as one batch, and cleared."""

_SUFFIX = ".journal"


class Journal:
    """The notebook of one sender. Raises OSError when it cannot be kept: then nothing may be sent."""

    def __init__(self, folder: Path, holder: str) -> None:
        """Open a fresh notebook and reserve its space; `holder` is the sender's name in its leases."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = folder / (holder.replace("/", "~") + _SUFFIX)
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        os.posix_fallocate(self._file, 0, PAGES * ENTRIES * _ENTRY.size)
        self._free = list(range(PAGES))
        self._page = self._free.pop()
        self._used = 0

    @property
    def room(self) -> int:
        """How many entries still go on the open page."""
        return ENTRIES - self._used

    def note(self, accepted: Sequence[tuple[int, int]]) -> None:
        """Write down what was accepted, as (delivery, attempt). At most `room`."""
        at = (self._page * ENTRIES + self._used) * _ENTRY.size
        os.pwrite(self._file, b"".join([_ENTRY.pack(*one) for one in accepted]), at)
        self._used += len(accepted)

    def turn(self) -> int:
        """Begin another page. Returns the full one, to be cleared. Raises IndexError unless `may_turn`."""
        full, self._page, self._used = self._page, self._free.pop(), 0
        return full

    @property
    def may_turn(self) -> bool:
        """Whether a page is free."""
        return bool(self._free)

    def clear(self, page: int) -> None:
        """The ledger knows all that stands on a page."""
        os.pwrite(self._file, bytes(ENTRIES * _ENTRY.size), page * ENTRIES * _ENTRY.size)
        self._free.append(page)

    def close(self) -> None:
        """Close the notebook; an empty one is thrown away, another is left for whoever recovers."""
        os.close(self._file)
        if not self._used and len(self._free) == PAGES - 1:
            self._path.unlink(missing_ok=True)


def left_behind(folder: Path) -> dict[str, Path]:
    """Notebooks in a folder, by their sender's name."""
    return {path.stem.replace("~", "/"): path for path in folder.glob(f"*{_SUFFIX}")}


def read(path: Path) -> Iterator[tuple[int, int]]:
    """What a notebook says was accepted, as (delivery, attempt); a torn last entry says nothing."""
    noted = path.read_bytes()
    for delivery, attempt in _ENTRY.iter_unpack(noted[: len(noted) // _ENTRY.size * _ENTRY.size]):
        if delivery:
            yield delivery, attempt
