"""The conditions that every row of the large tables is asked, by its checks and its partial indexes."""

import re

import pytest
from sqlalchemy import CheckConstraint, Table

from newsletter.store.tables import deliveries, enrollments, subscriptions


@pytest.mark.parametrize("table", [deliveries, enrollments, subscriptions], ids=lambda table: table.name)
def test_no_condition_of_a_large_table_looks_into_a_long_list(table: Table) -> None:
    """Of more than two words SQLite makes a table, and makes it anew for each row that is written."""
    checks = [str(one.sqltext) for one in table.constraints if isinstance(one, CheckConstraint)]
    partial = [str(where) for one in table.indexes if (where := one.dialect_options["sqlite"]["where"]) is not None]
    lists = [found for one in checks + partial for found in re.findall(r"\bIN \(([^)]*)\)", one, re.IGNORECASE)]
    assert checks
    assert all(found.count(",") < 2 for found in lists), lists
