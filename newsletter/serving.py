"""The web half's process: gunicorn, which says nothing of what visitors sent."""

import sys
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

_THREADS = 16


class _DiscreetLogger(Logger):  # type: ignore[misc]
    """Gunicorn's log without what visitors sent: a request line holds tokens, a header may hold an address (S15)."""

    def warning(self, msg: str, *args: object, **kwargs: object) -> None:
        """Say that a request made no sense, and nothing of it."""
        super().warning("A request could not be read." if msg.startswith("Invalid request") else msg, *args, **kwargs)

    def exception(self, msg: str, *_args: object, **_kwargs: object) -> None:
        """Name the kind of a failure in place of the path and the trace."""
        super().error("%s: %s", msg.partition(" %")[0], type(sys.exc_info()[1]).__name__)


class WebServer(BaseApplication):  # type: ignore[misc]
    """Gunicorn with one process and threads, without an access log: paths hold tokens."""

    def __init__(self, application: Any, host: str, port: int) -> None:
        """Bind later, in `run`."""
        self.application = application
        self.where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        super().__init__()

    def load_config(self) -> None:
        """Set what gunicorn needs to know."""
        settings = {
            "bind": self.where,
            "workers": 1,
            "worker_class": "gthread",
            "threads": _THREADS,
            "timeout": 60,
            "graceful_timeout": 20,
            "loglevel": "warning",
            "logger_class": _DiscreetLogger,
            "limit_request_line": 4094,
            "control_socket_disable": True,
        }
        for name, value in settings.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Any:
        """Give gunicorn the application."""
        return self.application
