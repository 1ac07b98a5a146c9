"""`newsletter bench …`: how fast this machine sends, in a database of its own that is thrown away."""

import multiprocessing
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import click

from newsletter import app
from newsletter.cli.bench_plan import bench_plan
from newsletter.cli.delaying import delayed
from newsletter.cli.preparing import prepare, trial_database
from newsletter.cli.speaking import Refused, as_json, say
from newsletter.domain.delivery import Outcome, State
from newsletter.domain.message import Outgoing
from newsletter.mail.dkim import new_key
from newsletter.mail.transport import Supply, Transport
from newsletter.scheduling import clockwork
from newsletter.settings import Settings
from newsletter.store import ledger, lists, scratch
from newsletter.usecases import campaigns, sending
from newsletter.usecases.house import House

_PARAGRAPH = (
    "To belong is to be known and still be asked to stay. It grows in small rooms, between people who come back, and"
    " it asks for less courage than one thinks: a name remembered, a chair kept free, a question left open."
)


@click.group()
def bench() -> None:
    """Measure this machine. Nothing leaves it, and no data of yours is touched."""


bench.add_command(bench_plan)


@dataclass(frozen=True, slots=True)
class Measured:
    """What sending came to. `seconds` is sending alone; `queue_seconds` is drawing the audience and owing the mail."""

    messages: int
    seconds: float
    per_second: float
    cpu_us_per_message: float
    peak_rss_mb: float
    queue_seconds: float
    message_bytes: int


@bench.command("send")
@click.option("--recipients", default=10_000, show_default=True, type=click.IntRange(1), help="How many readers.")
@click.option("--connections", default=10, show_default=True, type=click.IntRange(1, 1000), help="SMTP connections.")
@click.option("--smtp", "address", required=True, metavar="HOST:PORT", help="A test server on this machine.")
@click.option("--store", type=click.Choice(["sqlite", "postgresql"]), default="sqlite", show_default=True)
@click.option("--dkim", type=click.Choice(["rsa", "ed25519"]), help="Sign with a fresh key.")
@click.option("--rtt", default=0.0, metavar="MS", help="A round trip of so many milliseconds, made by a proxy.")
@click.option("--processes", default=1, show_default=True, type=click.IntRange(1, 16), help="Senders at once.")
@click.option("--paragraphs", default=4, show_default=True, type=click.IntRange(1), help="Length of the letter.")
@as_json
def bench_send(
    recipients: int,
    connections: int,
    address: str,
    store: str,
    dkim: str | None,
    rtt: float,
    processes: int,
    paragraphs: int,
    wants_json: bool,
) -> None:
    """Send one campaign to made-up readers, with all of its bookkeeping, to a test server on this machine.

    With --store postgresql NEWSLETTER_DATABASE_URL names the server; a database of its own is made there and dropped.
    """
    host, port = _loopback(address)
    road = delayed(host, port, rtt / 1000) if rtt else nullcontext((host, port))
    with trial_database(store) as url, tempfile.TemporaryDirectory(prefix="newsletter-bench-") as folder, road as way:
        smtp = f"smtp://{way[0]}:{way[1]}?starttls=never"
        settings = _settings(Path(folder), url, smtp, connections, dkim)
        found = _measure(settings, recipients, processes, paragraphs)
    plain = {name: round(value, 3) if isinstance(value, float) else value for name, value in asdict(found).items()}
    lines = [
        f"{found.messages} messages of {found.message_bytes} bytes in {found.seconds:.2f} s:"
        f" {found.per_second:,.0f} a second",
        f"  {found.cpu_us_per_message:.1f} us of CPU a message, at most {found.peak_rss_mb:.0f} MB a process;"
        f" owed in {found.queue_seconds:.2f} s",
    ]
    say(plain, wants_json, "\n".join(lines))


def _measure(settings: Settings, recipients: int, processes: int, paragraphs: int) -> Measured:
    house = app.build_house(settings)
    try:
        queue_seconds = _owe(house, recipients, paragraphs)
        # In processes of their own, so that the memory of this one counts for nothing.
        with multiprocessing.get_context("spawn").Pool(processes) as pool:
            shares = pool.map(_send, [settings] * processes, chunksize=1)
        with house.store.reading() as tx:
            states = ledger.count_by_state(tx)
    finally:
        house.store.close()
    if states != {State.SENT: recipients}:
        raise Refused(f"The test server did not take everything: {states}.")
    seconds = max(share.ended for share in shares) - min(share.began for share in shares)
    return Measured(
        messages=recipients,
        seconds=seconds,
        per_second=recipients / seconds,
        cpu_us_per_message=sum(share.cpu_seconds for share in shares) / recipients * 1e6,
        peak_rss_mb=max(share.peak_rss_mb for share in shares),
        queue_seconds=queue_seconds,
        message_bytes=max(share.message_bytes for share in shares),
    )


def _owe(house: House, recipients: int, paragraphs: int) -> float:
    """Make the readers, and a campaign to all of them. Returns the seconds that it took to owe it."""
    prepare(house)
    now = house.clock.now()
    with house.store.transaction() as tx:
        letters = lists.by_slug(tx, "letters")
        assert letters is not None  # prepare made it
        scratch.crowd(tx, letters.id, recipients, lambda one: house.address_keys(one)[0], now)
    body = "Dear {{ name }},\n\n" + "\n\n".join([_PARAGRAPH] * paragraphs)
    campaign = campaigns.create(house, subject="A letter about belonging", body=body)
    campaigns.queue(house, campaign)
    began = time.perf_counter()
    campaigns.start_due(house)
    return time.perf_counter() - began


@dataclass(slots=True)
class _Share:
    """What one process did; times of the machine's monotonic clock."""

    began: float
    ended: float
    cpu_seconds: float
    peak_rss_mb: float
    message_bytes: int


def _send(settings: Settings) -> _Share:
    house = app.build_house(settings)
    transport = _Weighing(house.open_transport())
    clockwork.settle_in()
    cpu, began = time.process_time(), time.monotonic()
    while sending.send_due(house, transport, holder=clockwork.name_holder()).sent:
        pass
    ended, cpu = time.monotonic(), time.process_time() - cpu
    transport.close()
    house.store.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return _Share(began, ended, cpu, peak, transport.largest)


class _Weighing:
    """A way out that remembers how large the first message was."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self.largest = 0

    def send(self, supply: Supply) -> Iterator[list[tuple[Outgoing, Outcome]]]:
        def weighed(most: int) -> Sequence[Outgoing]:
            messages = supply(most)
            if messages and not self.largest:
                self.largest = len(messages[0].data)
            return messages

        return self._inner.send(weighed)

    def close(self) -> None:
        self._inner.close()


def _loopback(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    try:
        if ip_address(host).is_loopback and 0 < int(port) < 65536:
            return host, int(port)
    except ValueError:
        pass
    raise Refused("--smtp takes an address of this machine and a port, such as 127.0.0.1:2525.")


def _settings(folder: Path, database: str, smtp: str, connections: int, dkim: str | None) -> Settings:
    values: dict[str, Any] = {"data_dir": folder, "database_url": database, "smtp_url": smtp}
    values |= {"smtp_connections": connections, "secret_key": "bench", "sender": "Bench <bench@example.org>"}
    if dkim:
        path = folder / "dkim.pem"
        path.write_bytes(new_key(dkim))
        values |= {"dkim_domain": "example.org", "dkim_selector": "bench", "dkim_key_file": path}
    return Settings(_env_file=None, **values)  # type: ignore[call-arg]
