"""What the parts of the room share: its door, and finding the person of a page."""

from flask import Blueprint, abort

from newsletter.domain.subscriber import Subscriber
from newsletter.store.engine import Transaction
from newsletter.usecases import people
from newsletter.usecases.people import PersonError

door = Blueprint("subscribers", __name__, url_prefix="/admin/subscribers")


def find(tx: Transaction, public_id: str) -> Subscriber:
    """The person of a page; one who is not there any more gets the page that says so."""
    try:
        return people.known(tx, public_id)
    except PersonError:
        abort(404)
