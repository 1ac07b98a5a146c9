"""Signs what leaves, with each of our DKIM keys, as many messages at a time as there are cores."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from functools import cached_property

from newsletter.mail.dkim import DkimKey, sign

MOST_THREADS = 8


class Signer:
    """Every signature of this process. Without keys messages stay as they are."""

    def __init__(self, keys: Sequence[DkimKey], now: Callable[[], datetime]) -> None:
        """`now` tells the machine time of a signature."""
        self.keys = tuple(keys)
        self._now = now
        self._threads = min(os.cpu_count() or 1, MOST_THREADS)

    def sign(self, message: bytes) -> bytes:
        """One message, signed. Raises ValueError when it is none."""
        return sign(message, *self.keys, now=self._now()) if self.keys else message

    def sign_later(self, messages: Sequence[bytes]) -> Future[list[bytes]]:
        """Messages signed in another thread, in their order: OpenSSL lets other threads run while it reckons.

        The result raises ValueError when one of them is no message.
        """
        return self._pool.submit(self._sign_some, messages)

    def _sign_some(self, messages: Sequence[bytes]) -> list[bytes]:
        return [self.sign(message) for message in messages]

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        """Made by the first batch, and so never before a process forks."""
        return ThreadPoolExecutor(self._threads, thread_name_prefix="dkim")
