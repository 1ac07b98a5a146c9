"""The people who run the house, and their sessions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from newsletter.domain.tokens import new_public_id
from newsletter.store.engine import insert_new
from newsletter.store.tables import admin_sessions, admins


@dataclass(frozen=True, slots=True)
class Admin:
    """Somebody who may sign in."""

    id: int
    address: str
    role: str
    password_hash: str | None
    setup_expires_at: datetime | None


_COLUMNS: tuple[Any, ...] = (
    admins.c.id,
    admins.c.address,
    admins.c.role,
    admins.c.password_hash,
    admins.c.setup_expires_at,
)


def invite(
    tx: Connection, *, address: str, key: str, role: str, setup_digest: str, setup_expires_at: datetime, now: datetime
) -> None:
    """Add an admin, or give one who is there a new set-up link."""
    setup = {"role": role, "setup_digest": setup_digest, "setup_expires_at": setup_expires_at}
    row = insert_new(tx, admins).values(
        public_id=new_public_id(), address=address, address_key=key, created_at=now, **setup
    )
    tx.execute(row.on_conflict_do_update(index_elements=["address_key"], set_=setup))


def by_setup(tx: Connection, digest: str) -> Admin | None:
    """Whom a set-up link belongs to."""
    row = tx.execute(select(*_COLUMNS).where(admins.c.setup_digest == digest)).first()
    return Admin(**row._mapping) if row else None


def use_setup(tx: Connection, digest: str) -> Admin | None:
    """Whom a set-up link belongs to, while no other transaction can use it too."""
    row = tx.execute(select(*_COLUMNS).where(admins.c.setup_digest == digest).with_for_update()).first()
    return Admin(**row._mapping) if row else None


def by_keys(tx: Connection, keys: list[str]) -> Admin | None:
    """The admin with an address."""
    row = tx.execute(select(*_COLUMNS).where(admins.c.address_key.in_(keys))).first()
    return Admin(**row._mapping) if row else None


def everybody(tx: Connection) -> list[Admin]:
    """All who run the house, in the order in which they came."""
    return [Admin(**row._mapping) for row in tx.execute(select(*_COLUMNS).order_by(admins.c.id))]


def is_empty(tx: Connection) -> bool:
    """Whether nobody may sign in yet."""
    return tx.scalar(select(admins.c.id).where(admins.c.password_hash.is_not(None)).limit(1)) is None


def set_password(tx: Connection, admin: int, password_hash: str) -> None:
    """Set a password, use up the set-up link, and end every session there is."""
    values = {"password_hash": password_hash, "setup_digest": None, "setup_expires_at": None}
    tx.execute(update(admins).where(admins.c.id == admin).values(**values))
    close_sessions(tx, admin)


def open_session(tx: Connection, admin: int, token_digest: str, now: datetime, expires_at: datetime) -> None:
    """Begin a session; only the digest of its token is kept."""
    row = {"admin_id": admin, "token_digest": token_digest, "created_at": now, "expires_at": expires_at}
    tx.execute(insert(admin_sessions).values(**row))


def by_session(tx: Connection, token_digest: str, machine: datetime) -> Admin | None:
    """Whose session a token opens, if it is still good."""
    question = (
        select(*_COLUMNS)
        .join(admin_sessions, admin_sessions.c.admin_id == admins.c.id)
        .where(admin_sessions.c.token_digest == token_digest, admin_sessions.c.expires_at > machine)
    )
    row = tx.execute(question).first()
    return Admin(**row._mapping) if row else None


def close_session(tx: Connection, token_digest: str) -> None:
    """End one session."""
    tx.execute(delete(admin_sessions).where(admin_sessions.c.token_digest == token_digest))


def close_sessions(tx: Connection, admin: int) -> None:
    """End every session of one person."""
    tx.execute(delete(admin_sessions).where(admin_sessions.c.admin_id == admin))


def forget_sessions(tx: Connection, machine: datetime) -> None:
    """Delete sessions that have ended by themselves."""
    tx.execute(delete(admin_sessions).where(admin_sessions.c.expires_at <= machine))
