"""The migrations lead to exactly the tables that the code knows, on both kinds of database."""

from collections.abc import Iterator
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Inspector, create_engine, inspect, text

from newsletter.store import migrations, tables
from newsletter.store.engine import Store, newest_migration


@pytest.fixture
def upgraded(empty_database_url: str) -> Iterator[Connection]:
    store = Store.open(empty_database_url)
    store.upgrade()
    with store.engine.connect() as connection:
        yield connection
    store.close()


def test_the_migrations_make_the_tables_that_the_code_knows(upgraded: Connection) -> None:
    # On SQLite, Alembic takes an empty string as default for a difference; PostgreSQL judges by comparing values.
    judges_defaults = upgraded.dialect.name == "postgresql"
    context = MigrationContext.configure(upgraded, opts={"compare_server_default": judges_defaults})

    assert compare_metadata(context, tables.metadata) == []


@pytest.mark.parametrize("empty_database_url", ["sqlite"], indirect=True)
def test_the_migrations_make_the_checks_and_indexes_that_the_code_knows(upgraded: Connection) -> None:
    """Alembic compares neither a check's condition nor a partial index's."""
    known = create_engine("sqlite://")
    with known.connect() as coded:
        tables.metadata.create_all(coded)

        assert _checks(upgraded) == _checks(coded)
        assert _indexes(upgraded) == _indexes(coded)
    known.dispose()


def test_every_constraint_and_index_has_a_name_to_be_changed_by(upgraded: Connection) -> None:
    database = inspect(upgraded)
    nameless = [
        (table, thing)
        for table in database.get_table_names()
        for thing in [
            *_primary_key(database, table),
            *database.get_foreign_keys(table),
            *database.get_unique_constraints(table),
            *database.get_check_constraints(table),
            *database.get_indexes(table),
        ]
        if not thing["name"]
    ]

    assert database.get_table_names()
    assert nameless == []


def _primary_key(database: Inspector, table: str) -> list[Any]:
    """None where SQLite counts on and never back: that key is a part of its column."""
    counts_on = {name for name, one in tables.metadata.tables.items() if one.kwargs.get("sqlite_autoincrement")}
    is_nameless = database.dialect.name == "sqlite" and table in counts_on
    return [] if is_nameless else [database.get_pk_constraint(table)]


def test_an_upgrade_of_what_is_current_changes_nothing(store: Store) -> None:
    assert store.is_current()

    store.upgrade()

    assert store.is_current()


def test_the_migrations_are_one_line_without_branches() -> None:
    scripts = ScriptDirectory(migrations.__path__[0])

    assert scripts.get_heads() == [newest_migration()], "told without Alembic, which costs a start half a second"
    assert not [step for step in scripts.walk_revisions() if step.is_branch_point or step.is_merge_point]


def _checks(connection: Connection) -> dict[str, list]:
    return {table: inspect(connection).get_check_constraints(table) for table in tables.metadata.tables}


def _indexes(connection: Connection) -> dict[str, str]:
    found = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"))
    return {row.name: row.sql for row in found}
