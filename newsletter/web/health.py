"""Whether the house stands: for supervisors and proxies."""

from flask import Blueprint, Response

from newsletter.store import relays
from newsletter.store.engine import StoreError
from newsletter.web import guards
from newsletter.web.guards import house

door = Blueprint("health", __name__)


@door.get("/healthz")
@guards.public
def alive() -> Response:
    """This process answers."""
    return Response("ok\n", mimetype="text/plain")


@door.get("/readyz")
@guards.public
def ready() -> Response:
    """The database answers and fits; a relay in trouble is told, since mail waits then."""
    try:
        if not house().store.is_current():
            return Response("the database is not ready for this version\n", 503, mimetype="text/plain")
        with house().store.reading() as tx:
            trouble = relays.trouble(tx)
    except StoreError:
        return Response("the database does not answer\n", 503, mimetype="text/plain")
    return Response("ready, but the relay is down\n" if trouble else "ready\n", mimetype="text/plain")
