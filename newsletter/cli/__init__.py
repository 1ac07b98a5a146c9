"""The `newsletter` command: translates words into one use case and its answer into lines or JSON."""

from newsletter.cli.main import main

__all__ = ["main"]
