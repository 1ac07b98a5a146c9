"""The owner's door: a one-time set-up link, a password, a session that can be ended."""

import base64
import hashlib
import secrets
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from newsletter.domain import address
from newsletter.store import admins, limits
from newsletter.store.admins import Admin
from newsletter.store.engine import Transaction
from newsletter.usecases.guard import network_of, window_start
from newsletter.usecases.house import House

SETUP_LASTS = timedelta(hours=48)
SESSION_LASTS = timedelta(hours=12)
SESSION_REMEMBERED = timedelta(days=7)
"""How long a session that ended by itself is still known: its form may be large, and is let in to be sent again."""
SHORTEST_PASSWORD = 12
TRIES = 10
"""Sign-ins per address, and three times as many per network, in a quarter of an hour of machine time."""
TRIES_WINDOW = timedelta(minutes=15)

_hasher = PasswordHasher()


def _nobodys_hash() -> str:
    """A hash of no password, as dear to verify as a real one. Made up, since computing one costs 0.25 s at start."""
    salt, digest = (base64.b64encode(secrets.token_bytes(size)).rstrip(b"=").decode() for size in (16, 32))
    costs = f"m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    return f"$argon2id$v=19${costs}${salt}${digest}"


_NOBODY = _nobodys_hash()


class SignInError(Exception):
    """Why nobody is let in; the message is for the person at the door and never tells who exists."""


class InviteError(Exception):
    """An invitation that would lock everybody out; the message says what to do instead."""


class SetupLinkError(SignInError):
    """The set-up link was used, has expired, or never was one."""


def invite(house: House, email: str, role: str = "owner") -> str:
    """Make a one-time set-up link, good for 48 hours, for a new admin or one who lost the password.

    Raises AddressError, or InviteError when no owner would be left.
    """
    who = address.parse(email)
    token = secrets.token_urlsafe(32)
    keys, machine = house.address_keys(who.comparable), house.clock.machine()
    with house.store.transaction() as tx:
        _keep_an_owner(tx, keys, role)
        admins.invite(
            tx,
            address=who.typed,
            key=keys[0],
            role=role,
            setup_digest=_digest(token),
            setup_expires_at=machine + SETUP_LASTS,
            now=house.clock.now(),
        )
    return f"{house.letterhead.base_url}/admin/setup/{token}"


def _keep_an_owner(tx: Transaction, keys: list[str], role: str) -> None:
    """An invitation gives its role at once: the last owner must not become anything less."""
    known = admins.by_keys(tx, keys)
    owners = [one.id for one in admins.everybody(tx) if one.role == "owner" and one.password_hash]
    if known and role != "owner" and owners == [known.id]:
        raise InviteError("This is the only owner. Make somebody else an owner first.")


def set_up(house: House, token: str, password: str) -> None:
    """Set the first password, or a new one; every open session of that person ends."""
    if not is_setup_link(house, token):  # first, so that nobody without a link makes us hash
        raise SetupLinkError("This link was used or has expired. `newsletter admin create EMAIL` makes a new one.")
    if len(password) < SHORTEST_PASSWORD:
        raise SignInError(f"Please choose a password of at least {SHORTEST_PASSWORD} characters.")
    if len(password) > 200:
        raise SignInError("Please choose a password of at most 200 characters.")
    hashed = _hasher.hash(password)
    with house.store.transaction() as tx:
        who = admins.use_setup(tx, _digest(token))
        if who is None or who.setup_expires_at is None or who.setup_expires_at < house.clock.machine():
            raise SetupLinkError("This link was used a moment ago. `newsletter admin create EMAIL` makes a new one.")
        admins.set_password(tx, who.id, hashed)


def is_setup_link(house: House, token: str) -> bool:
    """Whether a set-up link can still be used."""
    with house.store.reading() as tx:
        who = admins.by_setup(tx, _digest(token))
    return who is not None and who.setup_expires_at is not None and who.setup_expires_at >= house.clock.machine()


def sign_in(house: House, email: str, password: str, peer: str) -> str:
    """Open a session. Returns its token. Raises SignInError in the same words for every wrong pair."""
    keys = _keys(house, email)
    machine = house.clock.machine()
    with house.store.transaction() as tx:
        admitted = _admit(house, tx, keys[0], peer)
        who = admins.by_keys(tx, keys)
    if not admitted:
        raise SignInError("Too many tries. Please wait a quarter of an hour and try again.")
    if not _matches(who.password_hash if who else None, password[:200]) or who is None:
        raise SignInError("The address or the password is not right.")
    token = secrets.token_urlsafe(32)
    with house.store.transaction() as tx:
        admins.open_session(tx, who.id, _digest(token), machine, machine + SESSION_LASTS)
    return token


def who_is(house: House, token: str) -> Admin | None:
    """Whose session a token opens; None when there is none any more."""
    with house.store.reading() as tx:
        return admins.by_session(tx, _digest(token), house.clock.machine())


def who_was(house: House, token: str) -> Admin | None:
    """Whose session a token opened, also when it has ended by itself within the last days."""
    with house.store.reading() as tx:
        return admins.by_session(tx, _digest(token), house.clock.machine() - SESSION_REMEMBERED)


def sign_out(house: House, token: str) -> None:
    """End a session."""
    with house.store.transaction() as tx:
        admins.close_session(tx, _digest(token))


def _admit(house: House, tx: Transaction, key: str, peer: str) -> bool:
    window = window_start(house.clock.machine(), TRIES_WINDOW)
    near = limits.count(tx, f"signin:{house.keyring.digest('network', network_of(peer))}", window)
    # A network over its limit adds no counter for each address it thinks of, and locks nobody out.
    return near <= TRIES * 3 and limits.count(tx, f"signin:{key}", window) <= TRIES


def sign_out_everywhere(house: House, token: str) -> None:
    """End every session of the person whose session this is."""
    with house.store.transaction() as tx:
        who = admins.by_session(tx, _digest(token), house.clock.machine())
        if who is not None:
            admins.close_sessions(tx, who.id)


def _keys(house: House, email: str) -> list[str]:
    try:
        return house.address_keys(address.parse(email).comparable)
    except address.AddressError:
        return house.address_keys("nobody")


def _matches(hashed: str | None, password: str) -> bool:
    # An unknown address costs the same 200 ms as a known one: the answer's time must not tell (S3).
    try:
        return _hasher.verify(hashed or _NOBODY, password) and hashed is not None
    except (Argon2Error, InvalidHashError):
        return False


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
