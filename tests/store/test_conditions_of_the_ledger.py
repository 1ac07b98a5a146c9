"""The conditions that every row of the ledger is asked, by its checks and its partial indexes."""

import re

from sqlalchemy import CheckConstraint

from newsletter.store.tables import deliveries


def test_no_condition_of_the_ledger_looks_into_a_long_list() -> None:
    """Of more than two words SQLite makes a table, and makes it anew for each row that is written."""
    checks = [str(one.sqltext) for one in deliveries.constraints if isinstance(one, CheckConstraint)]
    partial = [
        str(where) for one in deliveries.indexes if (where := one.dialect_options["sqlite"]["where"]) is not None
    ]
    lists = [found for one in checks + partial for found in re.findall(r"\bIN \(([^)]*)\)", one, re.IGNORECASE)]
    assert len(checks) > 2
    assert len(partial) > 5
    assert all(found.count(",") < 2 for found in lists), lists
