"""Every studio page finds its rows by an index: what it costs must not grow with what the house has ever done.

Times are measured, not tested (docs/benchmarks.md); the plans that make them are.
"""

import re

import pytest
from sqlalchemy import event

from tests.web.seeding import seed
from tests.web.stage import Stage
from tests.web.studio_pages import paths

LARGE = ("deliveries", "subscribers", "subscriptions", "enrollments", "consents", "consent_payloads")


def plans(stage: Stage, statement: str, parameters: tuple) -> list[str]:
    with stage.house.store.reading() as tx:
        connection = tx.connection.driver_connection
        assert connection
        return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]


def long_walks(plan: list[str], statement: str) -> list[str]:
    """Walks over a whole large table.

    None is one in the order of the page that ends when the page is full, one over a covering index, which counts, or
    over an index of the few rows that wait for the owner's word.
    """
    small = "COVERING INDEX|INDEX ix_subscribers_held|INDEX ix_enrollments_held"
    walks = [step for step in plan if re.match(rf"SCAN ({'|'.join(LARGE)})\b(?!.*USING ({small}))", step)]
    ends = " LIMIT " in statement and not any("USE TEMP B-TREE FOR ORDER BY" in step for step in plan)
    return [] if ends else walks


@pytest.mark.long
@pytest.mark.timeout(300)
def test_no_page_of_the_studio_walks_over_a_whole_table(stage: Stage) -> None:
    person = seed(stage.house, people=400, deliveries=4000)
    names = {"person": person.public_id, "campaign": f"c{7:021}", "slug": "belonging", "list_slug": "letters"}
    client = stage.signed_in()
    asked: list[tuple[str, tuple]] = []
    event.listen(
        stage.house.store.engine,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, parameters, _context, _many: asked.append((statement, parameters)),
    )
    found = {}
    for path in paths(stage.web, **names, word="release", key="what-belonging-is"):
        asked.clear()
        assert client.get(path).status_code < 500, path
        for statement, parameters in tuple(asked):
            if statement.startswith("SELECT") and (walks := long_walks(plans(stage, statement, parameters), statement)):
                found[path] = (walks, statement)

    assert found == {}
