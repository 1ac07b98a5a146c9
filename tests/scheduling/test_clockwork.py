"""The clock tower: a run that takes long is waited for, without a word."""

import logging
import threading
import time

import pytest

from newsletter.scheduling import clockwork
from newsletter.scheduling.clockwork import ClockTower
from newsletter.store.engine import Store
from newsletter.usecases import sending
from tests.story.house import eventually
from tests.usecases.household import build


def test_a_long_send_is_neither_doubled_nor_complained_of(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    runs: list[float] = []
    over = threading.Event()

    def a_long_send(*_: object, **__: object) -> None:
        runs.append(time.monotonic())
        if len(runs) == 1:
            over.wait(60)

    monkeypatch.setattr(sending, "send_due", a_long_send)
    monkeypatch.setattr(clockwork, "SEND_EVERY", 0.1)
    tower = ClockTower(build(store))
    working = threading.Thread(target=tower.run)
    with caplog.at_level(logging.WARNING):
        working.start()
        try:
            eventually(lambda: runs, "the send begins")
            time.sleep(1)
            assert len(runs) == 1, "one run at a time"
            over.set()
            eventually(lambda: len(runs) > 1, "the next run begins when the long one is over")
        finally:
            over.set()
            tower.stop()
            working.join(30)
    assert [record.getMessage() for record in caplog.records] == []
