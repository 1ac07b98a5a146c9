"""An answer that takes as long for every address: how long a request took must not tell who is on a list (S3)."""

from collections.abc import Callable
from functools import wraps
from time import monotonic, sleep
from typing import Any

from flask import make_response

from newsletter.web import guards

TAKES = 0.06
"""Seconds from the beginning of a sign-up to its answer, at least. Doing the work needs 10 to 20 ms, by what is known
of the address; three times that leaves room for a slower machine. A thread that waits costs nothing but itself: the
sixteen of `newsletter web` still give 260 answers a second, more than SQLite takes sign-ups."""


def evenly(view: Callable[..., Any]) -> Callable[..., Any]:
    """Hold an answer of 200 back until its time has come; a refusal that no address explains may go at once.

    It waits as the last thing, with the page written and no transaction open.
    """

    @wraps(view)
    def waiting(*args: Any, **kwargs: Any) -> Any:
        due = monotonic() + guards.door().takes
        answer = make_response(view(*args, **kwargs))
        if answer.status_code == 200:
            sleep(max(0.0, due - monotonic()))
        return answer

    return waiting
