"""The web half for any WSGI server: `gunicorn wsgi:app`."""

from newsletter.app import build_house, inbox_folder
from newsletter.settings import load
from newsletter.web import create_web

_settings = load()
app = create_web(
    build_house(_settings),
    inbox_folder=None if _settings.smtp_url else inbox_folder(_settings),
    trusted_proxies=_settings.trusted_proxies,
)
