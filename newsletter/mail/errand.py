"""One call of send(): the stream of messages, the threads that carry them, and the answers on their way back."""

import threading
from collections.abc import Callable, Iterator
from queue import SimpleQueue

from newsletter.domain.delivery import Outcome
from newsletter.domain.message import Outgoing
from newsletter.mail.pacing import Pacer
from newsletter.mail.transport import RelayUnavailable
from newsletter.mail.wire import Clock

HIRING_PAUSE = 30.0
"""Seconds without new threads after one could not connect: the relay may limit how many connections we hold."""


class Errand:
    """Shared by the caller's thread, which takes answers, and at most `hands` threads, which carry messages.

    A message counts as in flight from its pull until the caller has come back for more after its answer, for only
    then is the answer settled. There are never more in flight than `hands`.
    """

    def __init__(self, messages: Iterator[Outgoing], hands: int, pacer: Pacer, clock: Clock) -> None:
        self.answers: SimpleQueue[tuple[Outgoing, Outcome] | None] = SimpleQueue()
        """One for each message pulled, and None as the last of all."""
        self._messages = messages
        self._hands = hands
        self._pacer = pacer
        self._clock = clock
        self._pulling = threading.Lock()
        self._room = threading.Semaphore(hands)
        self._stopped = threading.Event()
        self._lock = threading.Lock()  # guards all below
        self._threads: list[threading.Thread] = []
        self._at_work = 0
        self._hire_after = 0.0
        self._drained = False
        self._fault: BaseException | None = None
        self._reason = ""
        self._no_connection = ""

    def hire(self, work: Callable[["Errand"], None]) -> None:
        """Start one more thread on `work`, if there is a hand left and no reason against it."""
        with self._lock:
            enough = self._at_work == self._hands or self._stopped.is_set()
            if enough or self._clock() < self._hire_after:
                return
            # A daemon: a process told to die must not wait ten minutes for a server's last reply.
            thread = threading.Thread(target=self._run, args=(work,), name="smtp", daemon=True)
            thread.start()
            self._threads = [t for t in self._threads if t.is_alive()] + [thread]
            self._at_work += 1

    def may_start(self) -> bool:
        """Wait for room in flight, then for the pace. False when there is nothing more to do."""
        self._room.acquire()
        if self._stopped.is_set():
            return False
        wait = self._pacer.reserve(self._clock())
        return not (wait and self._stopped.wait(wait))

    def pull(self) -> Outgoing | None:
        """The next message, recorded as intended by being pulled; None when there is none to send."""
        with self._pulling:
            if self._stopped.is_set():
                return None
            try:
                return next(self._messages)
            except StopIteration:
                self._drained = True
                self.stop()
            except BaseException as fault:
                self._blame(fault)
        return None

    def answer(self, message: Outgoing, outcome: Outcome) -> None:
        """Hand an answer to the caller."""
        self.answers.put((message, outcome))

    def settled(self) -> None:
        """The caller is done with an answer, or a thread that may start does not after all."""
        self._room.release()

    def stop(self, reason: str = "") -> None:
        """Pull nothing more; what is in flight goes on. The first reason is kept."""
        with self._lock:
            self._reason = self._reason or reason
        self._stopped.set()
        self._room.release(self._hands)  # nobody shall wait for room any more

    def finish(self) -> None:
        """Stop, and wait until every thread is done."""
        self.stop()
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            thread.join()

    def raise_what_went_wrong(self) -> None:
        """The messages' own exception, or RelayUnavailable when some may be left; nothing when all went its way."""
        if self._fault:
            raise self._fault
        if not self._drained:
            raise RelayUnavailable(self._reason or self._no_connection)

    def _run(self, work: Callable[["Errand"], None]) -> None:
        try:
            work(self)
        except RelayUnavailable as unavailable:
            self._one_hand_less(unavailable.reason)
        except BaseException as defect:
            self._blame(defect)
        finally:
            with self._lock:
                self._at_work -= 1
                last = not self._at_work
            if last:
                self.answers.put(None)

    def _one_hand_less(self, reason: str) -> None:
        with self._lock:
            self._hire_after = self._clock() + HIRING_PAUSE
            self._no_connection = reason

    def _blame(self, fault: BaseException) -> None:
        with self._lock:
            self._fault = self._fault or fault
        self.stop()
