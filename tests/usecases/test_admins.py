"""The owner's door."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from newsletter.store import tables
from newsletter.usecases import admins, housekeeping
from newsletter.usecases.admins import SignInError
from newsletter.usecases.house import House
from tests.usecases.household import TwoClocks

ANNA = "anna@example.org"
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2 with little memory: its strength is argon2's business, and 200 ms a try would be ours."""
    monkeypatch.setattr(admins, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    monkeypatch.setattr(admins, "_NOBODY", admins._nobodys_hash())


def invited(house: House, email: str = ANNA) -> str:
    return admins.invite(house, email).rpartition("/")[2]


@pytest.fixture
def anna(bare_house: House) -> House:
    """Anna may sign in."""
    admins.set_up(bare_house, invited(bare_house), PASSWORD)
    return bare_house


def test_a_set_up_link_leads_to_a_password_and_a_session(bare_house: House) -> None:
    link = admins.invite(bare_house, ANNA)
    assert link.startswith("https://letters.example.org/admin/setup/")
    token = link.rpartition("/")[2]
    assert admins.is_setup_link(bare_house, token)
    admins.set_up(bare_house, token, PASSWORD)

    found = admins.who_is(bare_house, admins.sign_in(bare_house, " Anna@Example.org", PASSWORD, "192.0.2.1"))
    assert found is not None and (found.address, found.role) == (ANNA, "owner")


def test_a_set_up_link_is_good_once(anna: House) -> None:
    token = invited(anna)
    admins.set_up(anna, token, PASSWORD + "!")

    assert not admins.is_setup_link(anna, token)
    with pytest.raises(SignInError, match="used or has expired"):
        admins.set_up(anna, token, "somebody else's password")
    admins.sign_in(anna, ANNA, PASSWORD + "!", "192.0.2.1")


def test_of_two_who_use_a_link_at_once_one_succeeds(bare_house: House) -> None:
    token = invited(bare_house)

    def use(password: str) -> str:
        try:
            admins.set_up(bare_house, token, password)
        except SignInError:
            return "too late"
        return password

    with ThreadPoolExecutor(2) as two:
        outcome = sorted(two.map(use, [PASSWORD + "1", PASSWORD + "2"]))
    assert outcome[1] == "too late"
    assert admins.sign_in(bare_house, ANNA, outcome[0], "192.0.2.1")


@pytest.mark.parametrize(("hours", "good"), [(48, True), (48.001, False)])
def test_a_set_up_link_lasts_forty_eight_hours(bare_house: House, clock: TwoClocks, hours: float, good: bool) -> None:
    token = invited(bare_house)
    clock.machine_time += timedelta(hours=hours)

    assert admins.is_setup_link(bare_house, token) is good


def test_a_new_invitation_makes_the_old_link_worthless(bare_house: House) -> None:
    old, new = invited(bare_house), invited(bare_house)

    assert not admins.is_setup_link(bare_house, old)
    assert admins.is_setup_link(bare_house, new)


@pytest.mark.parametrize("password", ["", "short", "elevenchars", "x" * 201])
def test_a_password_too_short_or_too_long_is_refused_and_the_link_stays_good(bare_house: House, password: str) -> None:
    token = invited(bare_house)
    with pytest.raises(SignInError, match="characters"):
        admins.set_up(bare_house, token, password)
    assert admins.is_setup_link(bare_house, token)


@pytest.mark.parametrize(
    ("email", "password"), [(ANNA, "wrong password"), ("nobody@example.org", PASSWORD), ("not an address", PASSWORD)]
)
def test_every_wrong_pair_is_refused_in_the_same_words(anna: House, email: str, password: str) -> None:
    with pytest.raises(SignInError, match=r"^The address or the password is not right\.$"):
        admins.sign_in(anna, email, password, "192.0.2.1")


def test_who_is_invited_and_has_no_password_cannot_sign_in(bare_house: House) -> None:
    invited(bare_house)
    for password in ("", PASSWORD):
        with pytest.raises(SignInError):
            admins.sign_in(bare_house, ANNA, password, "192.0.2.1")


def test_after_ten_tries_even_the_right_password_waits_a_quarter_of_an_hour(anna: House, clock: TwoClocks) -> None:
    for number in range(10):
        with pytest.raises(SignInError, match="not right"):
            admins.sign_in(anna, ANNA, "wrong password", f"198.51.{number}.1")
    with pytest.raises(SignInError, match="Too many"):
        admins.sign_in(anna, ANNA, PASSWORD, "203.0.113.1")

    clock.machine_time += timedelta(minutes=15)
    assert admins.sign_in(anna, ANNA, PASSWORD, "203.0.113.1")


def test_a_network_that_tries_many_addresses_is_refused(anna: House) -> None:
    for number in range(30):
        with pytest.raises(SignInError, match="not right"):
            admins.sign_in(anna, f"p{number}@example.org", "wrong password", "198.51.100.9")
    with pytest.raises(SignInError, match="Too many"):
        admins.sign_in(anna, ANNA, PASSWORD, "198.51.100.77")
    assert admins.sign_in(anna, ANNA, PASSWORD, "203.0.113.1")


def test_a_session_ends_when_she_signs_out_or_after_twelve_hours(anna: House, clock: TwoClocks) -> None:
    first, second = (admins.sign_in(anna, ANNA, PASSWORD, "192.0.2.1") for _ in range(2))
    admins.sign_out(anna, first)
    assert admins.who_is(anna, first) is None
    assert admins.who_is(anna, second) is not None

    clock.machine_time += timedelta(hours=12)
    assert admins.who_is(anna, second) is None


def test_a_new_password_ends_every_session(anna: House) -> None:
    """S13."""
    session = admins.sign_in(anna, ANNA, PASSWORD, "192.0.2.1")
    admins.set_up(anna, invited(anna), "another long password")

    assert admins.who_is(anna, session) is None
    with pytest.raises(SignInError):
        admins.sign_in(anna, ANNA, PASSWORD, "192.0.2.1")


def test_an_invitation_alone_ends_nothing(anna: House) -> None:
    session = admins.sign_in(anna, ANNA, PASSWORD, "192.0.2.1")
    invited(anna)

    assert admins.who_is(anna, session) is not None
    assert admins.sign_in(anna, ANNA, PASSWORD, "192.0.2.1")


@pytest.mark.parametrize("token", ["", "x", "None", "' OR 1=1 --"])
def test_no_other_token_opens_anything(anna: House, token: str) -> None:
    assert admins.who_is(anna, token) is None
    assert not admins.is_setup_link(anna, token)
    with pytest.raises(SignInError):
        admins.set_up(anna, token, PASSWORD)


def test_neither_passwords_nor_tokens_are_written_down(anna: House) -> None:
    session, link = admins.sign_in(anna, ANNA, PASSWORD, "192.0.2.1"), invited(anna)
    with anna.store.reading() as tx:
        kept = [*tx.execute(tables.admins.select()), *tx.execute(tables.admin_sessions.select())]

    for secret in (PASSWORD, session, link):
        assert secret not in str(kept)


def test_a_session_that_ended_is_known_for_a_week_opens_nothing_and_is_deleted(anna: House, clock: TwoClocks) -> None:
    ended = admins.sign_in(anna, ANNA, PASSWORD, "192.0.2.1")
    clock.machine_time += timedelta(hours=13)
    housekeeping.clear_counters(anna)
    assert admins.who_is(anna, ended) is None
    assert admins.who_was(anna, ended) is not None

    clock.machine_time += timedelta(days=7)
    kept = admins.sign_in(anna, ANNA, PASSWORD, "192.0.2.1")
    housekeeping.clear_counters(anna)
    assert admins.who_was(anna, ended) is None

    with anna.store.reading() as tx:
        assert len(tx.execute(tables.admin_sessions.select()).all()) == 1
    assert admins.who_is(anna, kept) is not None
