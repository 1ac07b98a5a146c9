"""How long the link of a discreet letter opens it."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.discretion import READABLE_FOR, is_readable

MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))


@given(sent_at=MOMENTS, later=st.timedeltas(timedelta(0), timedelta(days=400)))
def test_it_opens_for_its_time_and_never_again(sent_at: datetime, later: timedelta) -> None:
    assert is_readable(sent_at, sent_at + later) == (later < READABLE_FOR)


@given(now=MOMENTS)
def test_one_that_has_not_gone_out_can_be_read(now: datetime) -> None:
    assert is_readable(None, now)
