"""What writing one message of many costs on one thread: `python -m tests.bench.writing`.

The same claims are composed in turn by plates and, with the plates shut off, as all other letters are written. Nothing is
asked of a database and nothing is sent. Told are the best tenth and the median of many small batches.
"""

import argparse
import gc
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

from newsletter import app
from newsletter.domain.campaign import Campaign, CampaignState
from newsletter.domain.course import Lesson, Role
from newsletter.domain.delivery import Claim, Kind, Standing
from newsletter.domain.enrollment import Enrollment, Progress
from newsletter.domain.subscriber import Correspondent, Membership
from newsletter.domain.tokens import new_public_id
from newsletter.settings import Settings
from newsletter.store.lists import MailingList
from newsletter.usecases import taking
from newsletter.usecases.house import House
from newsletter.usecases.plates import Plates
from newsletter.usecases.press import Press
from newsletter.usecases.sources import Course, Sources
from newsletter.usecases.taking import Ready

BATCH = 10
THEN = datetime(2026, 3, 2, 8, tzinfo=UTC)
PARAGRAPH = (
    "To belong is to be known and still be asked to stay. It grows in small rooms, between people who come back, and"
    " it asks for less courage than one thinks: a name remembered, a chair kept free, a question left open."
)
BODY = "Dear {{ name }},\n\n" + "\n\n".join([PARAGRAPH] * 4)
CAMPAIGN = Campaign(
    id=1,
    public_id="c",
    list_id=1,
    list_slug="letters",
    list_title="Letters",
    subject="A letter about belonging",
    body=BODY,
    state=CampaignState.SENDING,
    reason=None,
    recipients=1,
    created_at=THEN,
    scheduled_at=None,
    started_at=None,
    finished_at=None,
)
LESSON = Lesson("one", Role.WEEKLY, "One", "One honest sentence", "What it is.", BODY, PARAGRAPH, PARAGRAPH)
RUN = Enrollment(1, "run", 1, 1, 1, 1, Progress.ACTIVE, THEN, THEN, THEN, None)
NAMES: dict[str, Callable[[int], str]] = {
    "every other one Maria Silvestre": lambda number: "Maria Silvestre" if number % 2 else "",
    "each a plain name of her own": lambda number: f"Maria {in_letters(number)}",
    "each an accented name of her own": lambda number: f"María {in_letters(number)}",
}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        house = app.build_house(
            Settings(_env_file=None, data_dir=Path(folder), secret_key="bench", sender="Bench <bench@example.org>")
        )
        say(f"{'microseconds a message':46}{'bytes':>7}{'by plates':>16}{'without':>16}")
        for kind in (Kind.CAMPAIGN, Kind.LESSON):
            for names, name in NAMES.items():
                ready = owed(kind, asked.messages, name)
                size, *took = measured(house, ready, asked.rounds)
                told = "".join(f"{best:>8.1f}{f'({median:.1f})':>8}" for best, median in took)
                say(f"{f'{kind.value}, {names}':46}{size:>7}{told}")
        house.store.close()
    return 0


def say(line: str) -> None:
    """Tell a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def measured(house: House, ready: Sequence[Ready], rounds: int) -> tuple[int, tuple[float, float], tuple[float, float]]:
    """Bytes of the last message, then best tenth and median, by plates and without them."""
    ways = nullcontext(), patch.object(Plates, "print", lambda *_: None)
    presses, took, size = [Press(house) for _ in ways], [[], []], 0
    for _ in range(rounds):
        for way, press, times in zip(ways, presses, took, strict=True):
            gc.collect()
            with way:
                for begins in range(0, len(ready), BATCH):
                    began = time.perf_counter()
                    messages = taking.compose(house, press, ready[begins : begins + BATCH])
                    times.append((time.perf_counter() - began) / BATCH * 1e6)
            (_, last) = messages[-1]
            size = len(last.data)  # raises if it could not be written
    plates, without = ((sorted(times)[len(times) // 10], sorted(times)[len(times) // 2]) for times in took)
    return size, plates, without


def owed(kind: Kind, messages: int, name: Callable[[int], str]) -> list[Ready]:
    """So many letters owed to as many readers, as the ledger hands them over."""
    is_lesson = kind is Kind.LESSON
    standing = Standing(kind, False, "confirmed", "sending", "active", False)
    people = {one: Correspondent(one, new_public_id(), name(one), None, False, 1) for one in range(1, messages + 1)}
    memberships = {one: Membership(one, new_public_id(), 1, None) for one in people}
    sources = Sources(
        people=people,
        memberships=memberships,
        lists={1: MailingList(1, "list", "letters", "Letters")},
        wordings={},
        campaigns={1: CAMPAIGN},
        enrollments={1: RUN},
        lessons={1: LESSON},
        courses={1: Course("Room at the Table", (LESSON.key,))},
        trials={},
        notices={},
    )
    asks = (None, 1, 1, 0) if is_lesson else (1, None, None, None)
    return [
        (
            Claim(
                *(one, new_public_id(), kind, 1, 0, None, None, f"reader{one}@example.org", one, one, *asks),
                *(standing, people[one], memberships[one]),
            ),
            sources,
        )
        for one in people
    ]


def in_letters(number: int) -> str:
    """A name for a number: plain, and no other number's."""
    return str(number).translate(str.maketrans("0123456789", "abcdefghij")).title()


if __name__ == "__main__":
    sys.exit(main())
