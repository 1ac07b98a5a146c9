"""Imported by the fork server alone: what every command of every story would do anew, done once before it forks."""

from pathlib import Path
from tempfile import TemporaryDirectory

from newsletter import settings
from newsletter.app import build_house
from newsletter.domain import cadence
from newsletter.web import create_web
from tests import made_once


def _warm_up() -> None:
    """Put a house together that nobody enters, and compile every template it has. Leaves nothing open."""
    made_once.share()
    settings._zones()
    cadence.known_zones()
    with TemporaryDirectory() as folder:
        house = build_house(settings.Settings(_env_file=None, data_dir=Path(folder)))
        web = create_web(house, inbox_folder=None)
        for environment in (web.jinja_env, house.composer._templates):
            for name in environment.list_templates(extensions=["html", "txt"]):
                environment.get_template(name)
        house.store.close()


_warm_up()
