"""`newsletter demo`."""

import click


@click.command()
def demo() -> None:
    """Time-lapse."""
