"""Many rows in one parameter, and many rows in one answer: a thousand deliveries are one statement, prepared once.

Both are JSON on both databases: its C code is quicker than a driver's own arrays and rows. Besides, SQLite's driver
lets go of the interpreter at each row that it fetches and takes it again, which beside a busy wire cost twice as much
as all the rest; one row of JSON is one such moment (docs/decisions/0012).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Result,
    Select,
    String,
    Subquery,
    Text,
    bindparam,
    cast,
    func,
    select,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

from newsletter.store.tables import Instant


def packed(rows: Sequence[Any]) -> str:
    """The value of such a parameter."""
    return json.dumps(rows, separators=(",", ":"))


def among(dialect: str, column: ColumnElement[int], parameter: str) -> ColumnElement[bool]:
    """Whether a column is one of the numbers in a parameter.

    On PostgreSQL `= ANY(ARRAY(...))` takes more than twice as many rows a second as IN.
    """
    if dialect == "sqlite":
        numbers = func.json_each(bindparam(parameter, type_=String)).table_valued("value", name=parameter)
        return column.in_(select(numbers.c.value))
    texts = func.json_array_elements_text(_as_json(parameter)).column_valued(parameter)
    return column == func.any(func.array(select(cast(texts, BigInteger)).scalar_subquery()))


def gathered(dialect: str, column: ColumnElement[int]) -> ColumnElement[str]:
    """The numbers of a group's rows as one such parameter's value, to be kept in a column."""
    if dialect == "sqlite":
        return func.json_group_array(column)
    return cast(func.json_agg(column), Text)


def in_one_row(dialect: str, question: Select[Any]) -> Select[Any]:
    """A question whose answer is one JSON text, which `unpacked` reads; the rows in the order that it gives them."""
    rows = question.subquery("rows")
    if dialect == "sqlite":
        return select(func.json_group_array(func.json_array(*rows.c)))
    return select(cast(func.json_agg(func.json_build_array(*rows.c)), Text))


def unpacked(answer: str | None) -> list[list[Any]]:
    """The rows in such an answer. Instants are ISO texts; see `instant`."""
    rows: list[list[Any]] = json.loads(answer) if answer else []  # json_agg of no rows is NULL
    return rows


def instant(words: str | None) -> datetime | None:
    """An instant as JSON has it: without a zone from SQLite, with that of the session from PostgreSQL."""
    if words is None:
        return None
    moment = datetime.fromisoformat(words)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def moments(dialect: str) -> TypeEngine[Any]:
    """The type of a column of such rows that holds instants, written by `moment`."""
    return String() if dialect == "sqlite" else Instant()


def moment(dialect: str, value: datetime | None) -> str | None:
    """An instant as it stands in such a row: on SQLite the very text that its column holds."""
    if value is None:
        return None
    said = value.astimezone(UTC)
    return said.replace(tzinfo=None).isoformat(" ", "microseconds") if dialect == "sqlite" else said.isoformat()


class ByNumber:
    """A question for the rows with certain numbers of ours, however many, as one statement of each database.

    Made once: building a statement anew took three times as long as its answer for twenty rows.
    """

    def __init__(self, question: Select[Any], column: ColumnElement[int]) -> None:
        """`question` without a condition on `column`, the numbers."""
        self._by_dialect = {name: question.where(among(name, column, "numbers")) for name in ("sqlite", "postgresql")}

    def ask(self, tx: Connection, numbers: Iterable[int]) -> Result[Any]:
        """The rows; numbers that nobody has are passed over."""
        return tx.execute(self._by_dialect[tx.dialect.name], {"numbers": packed(list(numbers))})


def rows_in(dialect: str, parameter: str, columns: Mapping[str, TypeEngine[Any]]) -> Subquery:
    """A parameter that holds rows, each a JSON list of these columns, as a table."""
    if dialect == "sqlite":
        one = func.json_each(bindparam(parameter, type_=String)).table_valued("value", name=parameter)
        parts: list[Any] = [func.json_extract(one.c.value, f"$[{place}]") for place in range(len(columns))]
    else:
        element = func.json_array_elements(_as_json(parameter)).column_valued(parameter)
        parts = [element.op("->>")(place) for place in range(len(columns))]
    named = [cast(part, kind).label(name) for part, (name, kind) in zip(parts, columns.items(), strict=True)]
    return select(*named).subquery(f"rows_of_{parameter}")


def _as_json(parameter: str) -> ColumnElement[Any]:
    return cast(bindparam(parameter, type_=String), postgresql.JSON)
