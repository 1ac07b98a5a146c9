"""The web half for any WSGI server: `gunicorn wsgi:app`."""

import logging

from newsletter.app import build_house, inbox_folder
from newsletter.settings import load, unknown_names
from newsletter.web import create_web

for _line in unknown_names():
    logging.getLogger(__name__).warning("%s", _line)
_settings = load()
_house = build_house(_settings)
_house.clock.now()  # a clock that begins here writes that down: not later, in a transaction of ours
app = create_web(
    _house,
    inbox_folder=None if _settings.smtp_url else inbox_folder(_settings),
    trusted_proxies=_settings.trusted_proxies,
)
