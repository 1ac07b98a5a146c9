"""Top floor, front doors: HTTP in, one use case, HTTP out. The only Flask."""

from newsletter.web.application import create_web

__all__ = ["create_web"]
