"""What the owner has said of the practice in the studio, and who said it when."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, inspect, select

from newsletter.store.engine import Store, insert_new, is_there
from newsletter.store.tables import admins, owner_settings


@dataclass(frozen=True, slots=True)
class Said:
    """One setting; `by` is the address of who changed it last, None when that person is gone."""

    value: str
    changed_at: datetime
    by: str | None


def values(tx: Connection) -> dict[str, str]:
    """Every setting that has a value, by its name."""
    return {row.name: row.value for row in tx.execute(_values())}


@cache
def _values() -> Select[Any]:
    # Asked by every request, job and batch (`House.current`).
    return select(owner_settings.c.name, owner_settings.c.value).where(owner_settings.c.value != "")


def values_at(url: str) -> dict[str, str]:
    """The same of a database that may not be there, or have no such table yet; asking makes nothing."""
    if not is_there(url):
        return {}
    store = Store.open(url)
    try:
        with store.reading() as tx:
            return values(tx) if inspect(tx).has_table(owner_settings.name) else {}
    finally:
        store.close()


def everything(tx: Connection) -> dict[str, Said]:
    """Every setting that was ever changed, with who did, also those taken back since."""
    question = select(
        owner_settings.c.name, owner_settings.c.value, owner_settings.c.changed_at, admins.c.address
    ).join(admins, admins.c.id == owner_settings.c.admin_id, isouter=True)
    return {row.name: Said(row.value, row.changed_at, row.address) for row in tx.execute(question)}


def one(tx: Connection, name: str) -> Said | None:
    """One setting, with who changed it last; None when it was never set."""
    return everything(tx).get(name)


def change(tx: Connection, name: str, value: str, *, admin: int | None, now: datetime) -> None:
    """Set one setting; an empty value takes it back."""
    new = {"value": value, "admin_id": admin, "changed_at": now}
    row = insert_new(tx, owner_settings).values(name=name, **new)
    tx.execute(row.on_conflict_do_update(index_elements=["name"], set_=new))
