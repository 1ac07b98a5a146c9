"""The database that a test gets a copy of holds what going through its story leaves, and so do clocks and post."""

import shutil
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from newsletter.store.engine import Store
from newsletter.store.tables import metadata
from newsletter.usecases.house import House
from tests.usecases.household import Post, TwoClocks, build, join, rows, send, teach, to_next


def held(house: House) -> tuple[list[Any], dict[str, int]]:
    """What the ledger says, and how many rows each table has."""
    with house.store.reading() as tx:
        sizes = {table.name: tx.scalar(select(func.count()).select_from(table)) for table in metadata.sorted_tables}
    said = [(one["kind"], one["lesson"], one["state"], one["due_at"], one["address"]) for one in rows(house)]
    return said, sizes


def test_marias_copy_is_as_if_she_had_come_in_this_test(
    maria: House, clock: TwoClocks, post: Post, migrated_file: Path, tmp_path: Path
) -> None:
    shutil.copy(migrated_file, tmp_path / "anew.db")
    hands, way_out = TwoClocks(), Post()
    anew = build(Store.open(f"sqlite:///{tmp_path}/anew.db"), hands)
    teach(anew)
    join(anew)
    send(anew, way_out)
    to_next(anew, hands, way_out)

    assert held(maria) == held(anew)
    assert clock == hands
    assert post.subjects() == way_out.subjects() and len(post.tried) == len(way_out.tried)
    known = {one["message_id"] for one in rows(maria)} - {None}
    assert known and known <= set(post.ids())
    anew.store.close()


def test_a_test_that_asks_for_less_gets_less(house: House, clock: TwoClocks, post: Post) -> None:
    said, sizes = held(house)

    assert (said, sizes["courses"], sizes["lists"], sizes["subscribers"]) == ([], 1, 1, 0)
    assert clock == TwoClocks() and post.tried == []
