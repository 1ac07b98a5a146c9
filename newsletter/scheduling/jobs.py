"""The table of what is done by itself: a name, how often, and the use case."""

from collections.abc import Callable
from dataclasses import dataclass

from newsletter.usecases import (
    calendars,
    campaigns,
    following,
    generations,
    holding,
    housekeeping,
    planning,
    publishing,
    rights,
)
from newsletter.usecases.house import House


@dataclass(frozen=True, slots=True)
class Job:
    """One duty of the leader. `every` is in seconds; `work` returns how many emails it planned."""

    name: str
    every: float
    work: Callable[[House], int]
    is_walked: bool = True
    """Whether business time makes it due; what goes by machine time is done once, however far a tick walks."""


def _forget(house: House) -> int:
    housekeeping.forget_unconfirmed(house)
    return 0


def _tidy(house: House) -> int:
    housekeeping.clear_counters(house)
    rights.scrub_if_owed(house)
    return 0


def _go_on(house: House) -> int:
    publishing.reopen_finished(house)
    return 0


def _carry_out(house: House) -> int:
    holding.carry_out(house)
    return 0


def _replan(house: House) -> int:
    calendars.replan_changed(house)
    return 0


def _step(house: House) -> int:
    generations.step(house)
    return 0


def _finish(house: House) -> int:
    campaigns.finish_done(house)
    return 0


JOBS = (
    Job("remind the unconfirmed", 60, housekeeping.remind_due),
    Job("start campaigns", 2, campaigns.start_due),
    Job("owe who was drawn", 2, campaigns.owe_drawn),
    Job("let finished courses go on", 10, _go_on),
    Job("give slots anew", 5, _replan),
    Job("carry out the word on what is held", 2, _carry_out),
    Job("begin courses on their day", 60, following.begin_on_day),
    Job("plan lessons", 5, planning.plan_due),
    Job("finish campaigns", 5, _finish),
    Job("forget the unconfirmed", 600, _forget),
    Job("count generations", 10, _step, is_walked=False),
    Job("tidy", 600, _tidy, is_walked=False),
)
