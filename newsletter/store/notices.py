"""What is said to the owner in a mail of its own, beside the delivery that takes it there."""

import json
from collections.abc import Iterable

from sqlalchemy import Connection, insert, select

from newsletter.domain.message import Notice
from newsletter.store.deliveries import NAMED_AT_RANDOM
from newsletter.store.tables import deliveries, notices


def add(tx: Connection, delivery: str, notice: Notice) -> None:
    """Write down what a delivery, named by its public id, will say."""
    of_it = select(deliveries.c.id).where(deliveries.c.public_id == delivery, *NAMED_AT_RANDOM).scalar_subquery()
    said = {"title": notice.title[:200], "story": json.dumps(notice.story), "step": notice.step, "path": notice.path}
    tx.execute(insert(notices).values(delivery_id=of_it, **said))


def by_deliveries(tx: Connection, public_ids: Iterable[str]) -> dict[str, Notice]:
    """What these deliveries say, by their public ids."""
    columns = deliveries.c.public_id, notices.c.title, notices.c.story, notices.c.step, notices.c.path
    question = select(*columns).join(deliveries, deliveries.c.id == notices.c.delivery_id)
    found = tx.execute(question.where(deliveries.c.public_id.in_(list(public_ids))))
    return {row.public_id: Notice(row.title, tuple(json.loads(row.story)), row.step, row.path) for row in found}
