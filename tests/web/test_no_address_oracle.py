"""S3: nobody learns from our answers whether an address is on a list, or belongs to somebody who may sign in."""

import re
from dataclasses import replace
from statistics import median
from time import perf_counter

import pytest
from werkzeug.test import TestResponse

from newsletter.store import suppressions
from newsletter.usecases import admins
from newsletter.web import create_web, evenly
from tests.web.stage import Stage, sign_in, token

CALM = 0.5
"""Seconds between medians that no load of the machine explains: somebody asks a mail server or hashes a password in
the request. The promised five milliseconds can be measured only on a machine that is quiet."""


@pytest.fixture
def crowded(stage_on_both: Stage) -> Stage:
    """A house that knows somebody in every state."""
    stage = stage_on_both
    stage.subscribed("confirmed@example.org")
    gone = stage.subscribed("gone@example.org")
    link = next(value for name, value in gone.headers if name == "List-Unsubscribe").strip("<>")
    stage.visitor().post("/unsubscribe/" + link.rpartition("/")[2])
    hidden = stage.subscribed("discreet@example.org")
    stage.visitor().post(f"/preferences/{token(hidden, 'preferences')}", data={"action": "discreet", "wish": "on"})
    stage.sign_up("pending@example.org")
    stage.subscribed("bounced@example.org")
    with stage.house.store.transaction() as tx:
        for name in ("bounced", "suppressed"):
            key = stage.house.address_keys(f"{name}@example.org")[0]
            suppressions.add(tx, key, "the mailbox does not exist", stage.clock.now())
    stage.tick()
    return stage


STATES = ["confirmed", "discreet", "gone", "pending", "bounced", "suppressed", "unknown", "Confirmed", "pending+tag"]


def seen(answer: TestResponse) -> tuple[int, bytes, list[tuple[str, str]]]:
    return answer.status_code, answer.data, list(answer.headers)


def test_a_sign_up_answers_every_address_alike(crowded: Stage) -> None:
    for network in ("198.51.101.7", "198.51.102.7", "198.51.103.7"):  # one would come too often for so many
        answers = [seen(crowded.sign_up(f"{state}@example.org", name="Maria", peer=network)) for state in STATES]

        assert answers == [answers[0]] * len(STATES)
        assert answers[0][0] == 200
        # The page names the sender, who is at example.org too; what it must not name is who asked.
        assert not any(f"{state}@example.org".encode() in answers[0][1] for state in STATES)


def test_a_program_that_fills_the_trap_learns_nothing_and_leaves_no_trace(stage: Stage) -> None:
    honest = seen(stage.sign_up("maria@example.org"))
    before = stage.content()

    assert seen(stage.sign_up("jo@example.org", website="https://example.com")) == honest
    assert stage.content() == before


def test_the_limits_answer_every_address_alike(crowded: Stage) -> None:
    for _ in range(31):
        crowded.sign_up("other@example.org")
    answers = [without_what_was_typed(crowded.sign_up(f"{state}@example.org")) for state in STATES]

    assert answers == [answers[0]] * len(STATES)
    assert answers[0][0] == 429


def test_an_address_hears_by_mail_what_the_page_does_not_tell(crowded: Stage) -> None:
    crowded.clock.move(minutes=11)
    for state in STATES[:7]:
        crowded.sign_up(f"{state}@example.org")
    told = {mail.to[0].partition("@")[0]: "/confirm/" in mail.text for mail in crowded.tick()}

    assert told == {"confirmed": False, "discreet": False, "gone": True, "pending": True, "unknown": True}


def without_what_was_typed(answer: TestResponse) -> tuple[int, str]:
    page = re.sub(r'(name="csrf_token" value=)"[^"]+"', r"\1", answer.text)
    return answer.status_code, re.sub(r'(id="email"[^>]* value=)"[^"]*"', r"\1", page)


def test_a_sign_in_answers_every_wrong_pair_alike(stage_on_both: Stage) -> None:
    stage = stage_on_both
    stage.admin("owner@example.org")
    admins.invite(stage.house, "invited@example.org")
    wrong = ["owner@example.org", "invited@example.org", "nobody@example.org", "not an address", "", "\0", "x" * 300]
    answers = [without_what_was_typed(sign_in(stage.visitor(), each, "a wrong password")) for each in wrong]

    assert answers == [answers[0]] * len(wrong)
    assert answers[0][0] == 401
    assert "The address or the password is not right." in answers[0][1]


def test_a_sign_in_does_the_same_work_for_every_address(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.admin("owner@example.org")
    admins.invite(stage.house, "invited@example.org")
    hasher, verified = admins._hasher, []

    class Counting:
        def verify(self, hashed: str, password: str) -> bool:
            verified.append(hashed.split("$")[1:4])  # the algorithm and its cost
            return hasher.verify(hashed, password)

    monkeypatch.setattr(admins, "_hasher", Counting())
    for email in ("owner@example.org", "invited@example.org", "nobody@example.org", "not an address"):
        sign_in(stage.visitor(), email, "a wrong password")

    assert len(verified) == 4
    assert verified == [verified[0]] * 4


def test_too_many_sign_ins_are_answered_alike_for_every_address(stage: Stage) -> None:
    stage.admin("owner@example.org")
    for email in ("owner@example.org", "nobody@example.org"):
        for _ in range(admins.TRIES):
            with pytest.raises(admins.SignInError, match="not right"):
                admins.sign_in(stage.house, email, "wrong", "198.51.100.7")
        with pytest.raises(admins.SignInError, match="quarter of an hour"):
            admins.sign_in(stage.house, email, "wrong", "198.51.100.7")
    stage.clock.move(minutes=15)

    assert sign_in(stage.visitor(), "owner@example.org").status_code == 303


def test_a_sign_up_is_answered_when_its_time_has_come_and_a_refusal_at_once(crowded: Stage) -> None:
    crowded.web.extensions["door"] = replace(crowded.web.extensions["door"], takes=0.5)
    took = {}
    for state in (*STATES, "not an address"):
        begin = perf_counter()
        crowded.sign_up(state if " " in state else f"{state}@example.org")
        took[state] = perf_counter() - begin
    refused = took.pop("not an address")

    assert min(took.values()) >= 0.5, took
    assert max(took.values()) - min(took.values()) < CALM, took
    assert refused < 0.5


def test_a_house_at_work_takes_its_time_over_every_sign_up(crowded: Stage) -> None:
    serving = create_web(crowded.house, inbox_folder=None)

    assert serving.extensions["door"].takes == evenly.TAKES >= 0.05


def test_a_sign_up_takes_as_long_for_every_address(crowded: Stage) -> None:
    took: dict[str, list[float]] = {
        state: [] for state in ("confirmed", "discreet", "pending", "suppressed", "unknown")
    }
    for number in range(15):
        for state, times in took.items():
            email = f"new{number}@example.org" if state == "unknown" else f"{state}@example.org"
            begin = perf_counter()
            crowded.sign_up(email, peer=f"198.51.{number}.{len(times)}")
            times.append(perf_counter() - begin)
    medians = {state: median(times) for state, times in took.items()}

    assert max(medians.values()) - min(medians.values()) < CALM, medians
