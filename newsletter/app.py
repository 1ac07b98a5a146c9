"""The composition root: puts the rooms together; the only module that knows all of them."""

import base64
import logging
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from newsletter import clocks
from newsletter.content.compose import Composer
from newsletter.domain.delivery import Outcome
from newsletter.domain.message import Letterhead, Outgoing
from newsletter.domain.practice import DEFAULT_SENDER
from newsletter.domain.tokens import Keyring
from newsletter.mail import inbox
from newsletter.mail.capture import CaptureServer
from newsletter.mail.dkim import DkimKey
from newsletter.mail.lanes import Lanes
from newsletter.mail.pacing import KnownPace, Pacer
from newsletter.mail.probe import knock
from newsletter.mail.relay import Relay, relay_from_url
from newsletter.mail.signing import Signer
from newsletter.mail.smtp import SmtpTransport
from newsletter.mail.transport import Supply, Transport
from newsletter.settings import Settings, SettingsError, going_live
from newsletter.store import owner_settings
from newsletter.store.engine import Store
from newsletter.usecases.house import Clock, House, WayOut
from newsletter.usecases.stationery import Stationery

log = logging.getLogger(__name__)

_PACKAGE = Path(__file__).parent


def emails_folder() -> Path:
    """Where the email templates are: inside the wheel, or at the top of a checkout."""
    shipped = _PACKAGE / "_emails"
    return shipped if shipped.is_dir() else _PACKAGE.parent / "templates" / "emails"


def inbox_folder(settings: Settings) -> Path:
    """Where the development inbox keeps its mail."""
    return settings.data_dir / "inbox"


def build_house(settings: Settings, clock: Clock | None = None) -> House:
    """Put the house together. Raises SettingsError or StoreError with a sentence.

    Refuses to let mail leave this machine before it may; what the owner has set in the studio counts.
    """
    if going_live(settings, {}) and (mistakes := going_live(settings, owner_settings.values_at(settings.database))):
        raise SettingsError(mistakes)
    return assemble(settings, clock)


def assemble(settings: Settings, clock: Clock | None = None) -> House:
    """The same, ready or not: for whoever tells what is missing. Raises SettingsError or StoreError."""
    way_out, signer = _way_out(settings)
    prepare_data_dir(settings)
    store = Store.open(settings.database)
    stationery = Stationery(
        Letterhead(settings.base_url.rstrip("/"), DEFAULT_SENDER, timezone=settings.owner_zone),
        settings.said,
        lambda letterhead: Composer(emails_folder(), letterhead),
    )
    letterhead = stationery.letterhead({})
    pacer = Pacer(settings.smtp_rate if settings.smtp_url else None)
    clock = clock or clocks.choose(store, settings.clock, walks=not settings.mail_leaves)
    return House(
        store=store,
        clock=clock,
        look_at_clock=clock.look if isinstance(clock, clocks.WalkedClock) else lambda _tx: None,
        keyring=keyring(settings),
        letterhead=letterhead,
        composer=stationery.composer(letterhead),
        open_transport=lambda: _open_transport(settings, pacer),
        seal=signer.sign,
        sign_later=signer.sign_later if signer.keys else None,
        begins={"letters": settings.course} if settings.course else {},
        mail_leaves=settings.mail_leaves,
        signups_per_hour=settings.signups_per_hour,
        journals=settings.data_dir / "journals",
        generations=settings.data_dir / "generations",
        headers=settings.headers,
        stationery=stationery,
        way_out=way_out,
        pace=KnownPace(pacer),
        lanes=Lanes(settings.domain_rates) if settings.domain_rates else None,
        warmup=settings.warmup,
        forget_captured=lambda address: inbox.forget(inbox_folder(settings), address),
    )


def prepare_data_dir(settings: Settings) -> None:
    """Make the data folder, readable by its owner alone."""
    folder = settings.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        raise SettingsError([f"The data folder {folder} cannot be made. Check NEWSLETTER_DATA_DIR."]) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise SettingsError([f"The data folder {folder} cannot be written. Check its owner, or NEWSLETTER_DATA_DIR."])


def keyring(settings: Settings) -> Keyring:
    """The keys, the newest first: those of the environment, then those in the data folder."""
    path = settings.data_dir / "secret.keys"
    given = [key.strip().encode() for key in settings.secret_key.split(",") if key.strip()]
    if not path.exists() and not given:
        _write_first_key(path)
    kept = [base64.b64decode(line) for line in path.read_text().split()] if path.exists() else []
    return Keyring([*given, *kept])


def _write_first_key(path: Path) -> None:
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(base64.b64encode(secrets.token_bytes(32)).decode() + "\n")
    try:
        os.link(fresh, path)  # of two first processes one wins, and both then read the same key
    except FileExistsError:
        log.info("another process made the key first")
    fresh.unlink()


@dataclass(slots=True)
class _CaptureTransport:
    """Real SMTP on loopback into the development inbox, which lives in this process."""

    server: CaptureServer
    smtp: SmtpTransport

    def send(self, supply: Supply) -> Iterator[list[tuple[Outgoing, Outcome]]]:
        """Send into the inbox."""
        return self.smtp.send(supply)

    def close(self) -> None:
        """Close the connections, then the server."""
        self.smtp.close()
        self.server.stop()


def _open_transport(settings: Settings, pacer: Pacer) -> Transport:
    if settings.smtp_url:
        return SmtpTransport(relay(settings), connections=settings.smtp_connections, rate=pacer)
    server = CaptureServer(inbox_folder(settings), now=clocks.SystemClock().machine)
    host, port = server.start()
    return _CaptureTransport(server, SmtpTransport(Relay(host, port, "never"), connections=2))


def relay(settings: Settings) -> Relay:
    """The relay of the settings. Raises SettingsError with a sentence."""
    try:
        return relay_from_url(
            settings.smtp_url,
            settings.smtp_user,
            settings.smtp_password,
            local_hostname=urlsplit(settings.base_url).hostname or "" if settings.mail_leaves else "",
            ca_file=str(settings.smtp_ca_file) if settings.smtp_ca_file else None,
        )
    except ValueError as error:
        raise SettingsError([f"NEWSLETTER_SMTP_URL: {error}"]) from None


def _way_out(settings: Settings) -> tuple[WayOut, Signer]:
    server = relay(settings) if settings.smtp_url else None
    keys = _dkim_keys(settings)
    first, second = [*keys, None, None][:2]
    way_out = WayOut(
        relay=server.name if server else "",
        knock=lambda: knock(server) if server else None,
        dkim_domain=first.domain if first else "",
        dkim_selector=first.selector if first else "",
        dkim_record=first.dns_record if first else "",
        dkim_second_selector=second.selector if second else "",
        dkim_second_record=second.dns_record if second else "",
    )
    return way_out, Signer(keys, clocks.SystemClock().machine)


def _dkim_keys(settings: Settings) -> list[DkimKey]:
    """The keys that sign, the RSA key first: more receivers know it."""
    named = (
        ("NEWSLETTER_DKIM_KEY_FILE", settings.dkim_selector, settings.dkim_key_file),
        ("NEWSLETTER_DKIM_ED25519_KEY_FILE", settings.dkim_ed25519_selector, settings.dkim_ed25519_key_file),
    )
    keys: list[DkimKey] = []
    for name, selector, file in named:
        if file is None:
            continue
        try:
            keys.append(DkimKey.load(settings.dkim_domain, selector, file))
        except OSError:
            raise SettingsError([f"{name}: the file {file} cannot be read."]) from None
        except ValueError as error:
            raise SettingsError([f"{name}: {error}"]) from None
    if len(keys) == 2 and [key.algorithm for key in keys] != ["rsa-sha256", "ed25519-sha256"]:
        raise SettingsError(["NEWSLETTER_DKIM_ED25519_KEY_FILE must be an Ed25519 key, and the other one an RSA key."])
    return keys
