"""Whole lives, lived at random: however she turns, she gets each letter once, in order, and never too soon."""

import shutil
import tempfile
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from newsletter.domain.delivery import OPEN, Blame, Deferred, Outcome, Sent, Uncertain
from newsletter.domain.enrollment import Progress
from newsletter.domain.message import Outgoing
from newsletter.domain.subscription import Status
from newsletter.store.engine import Store
from newsletter.usecases import holding, leaving, preferences, signup
from newsletter.usecases.enrolling import Choice
from tests.usecases import household
from tests.usecases.household import OK, Post, TwoClocks

BOUNDED = settings(max_examples=12, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck))
MARIA = "maria@example.org"
WEEKLY = 4
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Kiritimati", "Pacific/Pago_Pago")


class Life(RuleBasedStateMachine):
    """Maria's life with one course, and what the post took for her."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        shutil.copy(self.template, f"{self.folder.name}/life.db")
        self.store = Store.open(f"sqlite:///{self.folder.name}/life.db")
        self.clock = TwoClocks()
        self.house = household.build(self.store, self.clock)
        household.teach(self.house, WEEKLY)
        self.post = Post(answer=self._answer)
        self.weather: Outcome = OK
        self.letters: list[tuple[str, int, datetime]] = []  # key, run, when
        self.close = False

    def teardown(self) -> None:
        try:
            self._nobody_is_stuck()
        finally:
            self.store.close()
            self.folder.cleanup()

    def _nobody_is_stuck(self) -> None:
        """In the end the sun shines, nobody is silent, and whoever is there gets every letter of her course."""
        if not household.rows(self.house, kind="confirmation") or not self._is(Status.CONFIRMED):
            return
        note("the sun shines")
        self.the_weather_changes("fine")
        preferences.resume(self.house, self._token())
        holding.release(self.house)
        self.time_passes_while_the_house_works(24 * 7 * (WEEKLY + 6))
        run = household.enrollment(self.house)["run"]
        assert household.enrollment(self.house)["state"] == Progress.FINISHED
        had = [lesson for lesson, of, _ in self.letters if of == run]
        assert had == [f"lesson-{number:02}" for number in range(WEEKLY + 2)]
        self.she_never_gets_two_within_six_local_days()

    def _answer(self, message: Outgoing) -> Outcome:
        if isinstance(self.weather, Sent):
            self._note_letter(message)
        return self.weather

    def _note_letter(self, message: Outgoing) -> None:
        (sent,) = household.rows(self.house, id=message.delivery)
        if sent["kind"] != "lesson":
            return
        her, standing = household.person(self.house), household.subscription(self.house)
        note(f"{self.clock.now()} {sent['lesson']}")
        assert standing["status"] == Status.CONFIRMED, "a letter after leaving"
        assert not her.is_paused(self.clock.now()), "a letter inside a pause"
        zone = ZoneInfo(her.timezone or "Europe/Berlin")
        days = [moment.astimezone(zone).date() for _, _, moment in self.letters[-1:]] + [self.today(zone)]
        first_of_run = sent["lesson"] == "lesson-00" or (self.letters and self.letters[-1][0] == "lesson-00")
        self.close = self.close or (not first_of_run and days[-1] - days[0] < timedelta(days=6) and len(days) == 2)
        self.letters.append((sent["lesson"], household.enrollment(self.house)["run"], self.clock.now()))

    def today(self, zone: ZoneInfo) -> date:
        return self.clock.now().astimezone(zone).date()

    @initialize()
    def she_joins(self) -> None:
        self._join(Choice.GO_ON)

    def _join(self, choice: Choice) -> None:
        before = household.rows(self.house, kind="confirmation")
        household.ask(self.house, MARIA)
        if len(household.rows(self.house, kind="confirmation")) > len(before):
            assert signup.confirm(self.house, household.confirm_token(self.house), choice=choice)
        note(f"{self.clock.now()} joined: {choice}")

    def _token(self) -> str:
        return household.preferences_token(self.house)

    def _is(self, status: Status) -> bool:
        return bool(household.subscription(self.house)["status"] == status)

    @rule(hours=st.sampled_from((1, 5, 23, 26, 70, 170, 400, 800)))
    def time_passes_while_the_house_works(self, hours: int) -> None:
        end = self.clock.now() + timedelta(hours=hours)
        while self.clock.now() < end:
            self._tick(min(self._next_event(), end) - self.clock.now())

    def _next_event(self) -> datetime:
        """When something is due next; where something waits for better weather, half a day from now."""
        now = self.clock.now()
        waiting = [one["due_at"] for one in household.rows(self.house) if one["state"] in OPEN]
        dues = [*waiting, household.enrollment(self.house)["next_due_at"]]
        ahead = [due + timedelta(minutes=2) for due in dues if due is not None and due > now]
        return min([*ahead, now + timedelta(hours=12 if any(due <= now for due in waiting) else 1000)])

    @rule(hours=st.sampled_from((2, 4, 30, 100, 200, 500)))
    def time_passes_while_the_house_is_shut(self, hours: int) -> None:
        note(f"{self.clock.now()} shut for {hours} h")
        self._tick(timedelta(hours=hours))

    def _tick(self, span: timedelta) -> None:
        self.clock.pass_by(span)
        household.tick(self.house, self.post)

    @rule()
    def the_owner_lets_go_on_what_is_held(self) -> None:
        holding.release(self.house)

    @rule(weather=st.sampled_from(("fine", "fine", "4xx", "silent", "down", "closed")))
    def the_weather_changes(self, weather: str) -> None:
        note(f"{self.clock.now()} weather: {weather}")
        self.post.closed = "refused" if weather == "closed" else ""
        self.weather = {
            "4xx": Deferred("450 later"),
            "silent": Uncertain("no answer"),
            "down": Deferred("421 busy", Blame.RELAY),
        }.get(weather, OK)

    @rule(weeks=st.sampled_from(("2", "4", "8", "return")))
    def she_pauses(self, weeks: str) -> None:
        note(f"{self.clock.now()} pause {weeks}")
        preferences.pause(self.house, self._token(), weeks)

    @rule()
    def she_resumes(self) -> None:
        note(f"{self.clock.now()} resume")
        preferences.resume(self.house, self._token())

    @rule(hour=st.integers(0, 23), weekday=st.sampled_from(["", *"0123456"]), zone=st.sampled_from(ZONES))
    def she_changes_her_rhythm(self, hour: int, weekday: str, zone: str) -> None:
        note(f"{self.clock.now()} rhythm {hour} {weekday!r} {zone}")
        preferences.set_rhythm(self.house, self._token(), hour=str(hour), weekday=weekday, timezone=zone)

    @precondition(lambda self: self._is(Status.CONFIRMED))
    @rule()
    def she_leaves(self) -> None:
        note(f"{self.clock.now()} leave")
        assert leaving.leave(self.house, household.leave_token(self.house), method="one click")

    @precondition(lambda self: self._is(Status.UNSUBSCRIBED))
    @rule()
    def she_takes_leaving_back(self) -> None:
        note(f"{self.clock.now()} undo")
        leaving.undo(self.house, household.leave_token(self.house))

    @precondition(lambda self: not self._is(Status.CONFIRMED))
    @rule(choice=st.sampled_from(Choice))
    def she_comes_back(self, choice: Choice) -> None:
        self._join(choice)

    @invariant()
    def she_gets_each_letter_once_and_in_order(self) -> None:
        for run in {run for _, run, _ in self.letters}:
            had = [lesson for lesson, of, _ in self.letters if of == run]
            assert had == [f"lesson-{number:02}" for number in range(len(had))]

    @invariant()
    def she_never_gets_two_within_six_local_days(self) -> None:
        assert not self.close, "two letters too close"


@pytest.fixture
def life(migrated_file: Path) -> type[Life]:
    """The machine, with an empty house to begin in."""
    return type("LifeHere", (Life,), {"template": migrated_file})


@pytest.mark.long
@pytest.mark.timeout(600)  # a failure takes its time to be told in as few steps as can be
@pytest.mark.parametrize("share", range(2))
def test_however_she_turns_each_letter_comes_once_in_order_and_never_too_soon(life: type[Life], share: int) -> None:
    """Two shares, for two workers."""
    run_state_machine_as_test(life, settings=BOUNDED)
