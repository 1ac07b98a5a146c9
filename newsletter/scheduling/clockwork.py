"""The clock tower: one leader does the planning, every worker sends, and all of it stops gracefully.

APScheduler keeps one job a verb in memory; what is due, and whether it was done, stands in the database. So a
second scheduler, a missed run or a restart can neither double nor lose a letter.
"""

import gc
import logging
import os
import secrets
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from apscheduler.executors.base import MaxInstancesReachedError
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.job import Job as ScheduledJob
from apscheduler.schedulers.background import BackgroundScheduler

from newsletter.mail.transport import Transport
from newsletter.scheduling.jobs import JOBS, Job
from newsletter.store import agenda, duties
from newsletter.store.engine import StoreError
from newsletter.usecases import campaigns, generations, golive, sending
from newsletter.usecases.house import House

log = logging.getLogger(__name__)

SEND_EVERY = 1.0
RECOVER_EVERY = 20.0
LEADERSHIP = timedelta(seconds=60)
_DUTY = "planning"


@dataclass(slots=True)
class Tick:
    """What one tick came to, in emails."""

    planned: int = 0
    sent: int = 0
    deferred: int = 0
    failed: int = 0
    relay_down: str = ""

    def add(self, other: "Tick") -> None:
        """Add another tick's numbers to these."""
        for name, value in asdict(other).items():
            if name == "relay_down":
                setattr(self, name, value)
            else:
                setattr(self, name, getattr(self, name) + value)


def tick(
    house: House,
    transport: Transport,
    *,
    holder: str,
    stop: Callable[[], bool] = lambda: False,
    is_on_a_walk: bool = False,
) -> Tick:
    """Do everything that is due at this moment once: plan, send, finish.

    `is_on_a_walk`: no machine time to speak of has passed since the tick before. An older copy of the database does
    nothing until its owner has acknowledged it.
    """
    if not generations.may_go_on(house):
        return Tick()
    current = house.current()
    planned = sum(job.work(current) for job in JOBS if job.is_walked or not is_on_a_walk)
    tally = sending.send_due(house, transport, holder=holder, stop=stop)
    if tally.sent or tally.failed or tally.skipped:
        campaigns.finish_done(house)
    return Tick(
        planned=planned,
        sent=tally.sent,
        deferred=tally.deferred + tally.uncertain,
        failed=tally.failed,
        relay_down=tally.relay_down,
    )


def next_due(house: House) -> datetime | None:
    """When the next tick finds anything to do, as things stand; None when nothing is to come."""
    with house.store.reading() as tx:
        return agenda.next_due(tx)


def wake(house: House) -> None:
    """What a sender does first: free what dead predecessors on this host left, and note where mail goes."""
    generations.step(house)  # what goes out from here on, no backup knows that was made before
    freed = sending.recover(house, is_dead)
    if freed:
        log.info("recovered %d deliveries of a sender that ended", freed)
    if held := golive.note_mail_mode(house):
        log.warning("%d people joined before mail could leave; `newsletter hold release` lets their mail go", held)


def name_holder() -> str:
    """Who we are in a lease: host, process, and a random part, since process numbers come again."""
    return f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"


def is_dead(holder: str) -> bool:
    """Whether a lease's holder was a process of this host that is gone; of other hosts we cannot know."""
    host, _, rest = holder.partition("/")
    process = rest.partition("/")[0]
    if host != socket.gethostname() or not process.isdigit():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return int(process) == os.getpid() and holder not in _ours


_ours: set[str] = set()


def settle_in() -> None:
    """Tell the collector that all loaded so far stays as long as the process, so that it looks at it no more.

    A sender makes five small objects a message: looking through everything else for rubbish again and again took a
    tenth of its time.
    """
    gc.collect()
    gc.freeze()


def work(house: House) -> None:
    """Be a worker until SIGTERM or Ctrl-C: plan when leading, send always."""
    settle_in()
    tower = ClockTower(house)
    tower.stopping = asked_to_end()
    tower.run()


def asked_to_end() -> threading.Event:
    """Is set by SIGTERM or Ctrl-C, so that what is on its way is heard out (F4)."""
    asked = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: asked.set())
    return asked


class _OneRunAtATime(ThreadPoolExecutor):  # type: ignore[misc]
    """Leaves a run out while the last one is under way. A long send is that every second, and APScheduler would
    warn each time."""

    def submit_job(self, job: ScheduledJob, run_times: list[datetime]) -> None:
        """Run a job, unless it runs."""
        with suppress(MaxInstancesReachedError):
            super().submit_job(job, run_times)


class ClockTower:
    """Runs the jobs until it is told to stop."""

    def __init__(self, house: House) -> None:
        """Nothing runs before `run`."""
        self.house = house
        self.holder = name_holder()
        self.stopping = threading.Event()
        self.transport = house.open_transport()

    def run(self) -> None:
        """Work until `stop` is called, then let what is in flight finish, and give the duties back."""
        _ours.add(self.holder)
        wake(self.house)
        scheduler = BackgroundScheduler(
            timezone="UTC",
            executors={"default": _OneRunAtATime()},
            job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None},
        )
        for job in JOBS:
            scheduler.add_job(self._lead, "interval", seconds=job.every, args=[job], id=job.name)
        scheduler.add_job(self._send, "interval", seconds=SEND_EVERY, id="send")
        scheduler.add_job(self._recover, "interval", seconds=RECOVER_EVERY, id="recover")
        scheduler.start()
        self.stopping.wait()
        scheduler.shutdown(wait=True)
        self.transport.close()
        self._carefully("count generations", lambda: generations.step(self.house))
        with self.house.store.transaction() as tx:
            duties.give_back(tx, self.holder)

    def stop(self) -> None:
        """Ask for the end; safe in a signal handler."""
        self.stopping.set()

    def _lead(self, job: Job) -> None:
        if not self.stopping.is_set():
            self._carefully(job.name, lambda: self._may_lead() and job.work(self.house.current()))

    def _send(self) -> None:
        self._carefully(
            "send",
            lambda: (
                generations.may_go_on(self.house)
                and sending.send_due(self.house, self.transport, holder=self.holder, stop=self.stopping.is_set)
            ),
        )

    def _recover(self) -> None:
        self._carefully("recover", lambda: sending.recover(self.house, is_dead))

    def _may_lead(self) -> bool:
        return self._is_leader() and generations.may_go_on(self.house)

    def _is_leader(self) -> bool:
        with self.house.store.transaction() as tx:
            return duties.take(tx, _DUTY, self.holder, self.house.clock.machine(), LEADERSHIP)

    def _carefully(self, name: str, work: Callable[[], object]) -> None:
        try:
            work()
        except StoreError as trouble:
            log.error("%s: %s", name, trouble)
        except Exception:  # the next run finds the work where it was left
            log.exception("the job “%s” failed and will run again", name)
