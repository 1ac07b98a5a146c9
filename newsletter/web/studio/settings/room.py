"""What the parts of the room share: its door."""

from flask import Blueprint

door = Blueprint("settings", __name__, url_prefix="/admin/settings")
