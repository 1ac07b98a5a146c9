"""Environment (or a .env file) to one frozen, validated Settings; every mistake is one clear line."""

from datetime import UTC, datetime
from email.utils import parseaddr
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from newsletter.domain.address import AddressError, parse
from newsletter.domain.message import Mailbox

_PREFIX = "NEWSLETTER_"
_NOBODY = ("noreply", "no-reply", "no_reply", "donotreply", "do-not-reply")
DEFAULT_SENDER = Mailbox("letters@example.org", "Letters")


class SettingsError(Exception):
    """Settings that cannot be used; `lines` has one sentence for each mistake."""

    def __init__(self, lines: list[str]) -> None:
        """Keep the sentences."""
        super().__init__("\n".join(lines))
        self.lines = lines


class Settings(BaseSettings):
    """What the environment says, typed. Read it through `load`, which also checks that it fits together."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX,
        env_file=".env",
        extra="ignore",
        frozen=True,
        env_ignore_empty=True,
        hide_input_in_errors=True,
    )

    data_dir: Path = Path("var")
    database_url: str = ""
    base_url: str = "http://127.0.0.1:8000"
    smtp_url: str = ""
    smtp_user: str = ""
    smtp_password: str = ""
    smtp_headers: str = ""
    smtp_connections: int = 10
    smtp_rate: float | None = None
    smtp_ca_file: Path | None = None
    sender: str = ""
    reply_to: str = ""
    postal_address: str = ""
    timezone: str = ""
    course: str = "belonging"
    secret_key: str = ""
    dkim_domain: str = ""
    dkim_selector: str = ""
    dkim_key_file: Path | None = None
    return_domain: str = ""
    return_mailbox: str = ""
    trusted_proxies: int = 0
    clock: datetime | None = None
    signups_per_hour: int = 1000
    demo_clock: bool = False
    call_to_action: str = ""
    call_to_action_url: str = ""

    @property
    def database(self) -> str:
        """The database URL; SQLite in the data folder when none is given."""
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'newsletter.db'}"

    @property
    def sender_mailbox(self) -> Mailbox:
        """Who writes the letters."""
        return _mailbox(self.sender) if self.sender else DEFAULT_SENDER

    @property
    def reply_mailbox(self) -> Mailbox | None:
        """Where replies go, when not to the sender."""
        return _mailbox(self.reply_to) if self.reply_to else None

    @property
    def owner_zone(self) -> str:
        """The owner's time zone."""
        return self.timezone or "UTC"

    @property
    def mail_leaves(self) -> bool:
        """Whether mail can leave this machine."""
        return bool(self.smtp_url) and not _is_loopback(urlsplit(self.smtp_url).hostname or "")

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Extra headers that the relay wants."""
        pairs = [line.partition(":") for line in self.smtp_headers.replace("\\n", "\n").splitlines() if line.strip()]
        return tuple((name.strip(), value.strip()) for name, _, value in pairs)


def load(env_file: str | None = ".env") -> Settings:
    """Read and check the settings. Raises SettingsError with a sentence for every mistake found."""
    try:
        settings = Settings(_env_file=env_file)  # type: ignore[call-arg]
    except ValidationError as error:
        raise SettingsError([_sentence(one) for one in error.errors()]) from None
    mistakes = [*_form(settings), *_people(settings), *_going_live(settings)]
    if mistakes:
        raise SettingsError(mistakes)
    return settings


def _form(settings: Settings) -> list[str]:
    found = []
    base = urlsplit(settings.base_url)
    if base.scheme not in ("http", "https") or not base.hostname or base.query or base.path not in ("", "/"):
        found.append("NEWSLETTER_BASE_URL must be an address such as https://letters.example.org, without a path.")
    if settings.timezone and settings.timezone not in available_timezones():
        found.append("NEWSLETTER_TIMEZONE is not a zone we know. Use a name such as Europe/Berlin or America/Denver.")
    if urlsplit(settings.database).scheme not in ("sqlite", "postgresql+psycopg"):
        found.append("NEWSLETTER_DATABASE_URL must begin with sqlite:/// or postgresql+psycopg://.")
    if settings.smtp_url and urlsplit(settings.smtp_url).scheme not in ("smtp", "smtps"):
        found.append("NEWSLETTER_SMTP_URL must begin with smtp:// or smtps://.")
    if not 1 <= settings.smtp_connections <= 100:
        found.append("NEWSLETTER_SMTP_CONNECTIONS must be a number from 1 to 100.")
    if settings.smtp_rate is not None and settings.smtp_rate <= 0:
        found.append("NEWSLETTER_SMTP_RATE must be more than 0 messages per second.")
    if settings.trusted_proxies < 0:
        found.append("NEWSLETTER_TRUSTED_PROXIES must be 0 or the number of proxies in front.")
    if settings.secret_key and len(settings.secret_key) < 32:
        found.append("NEWSLETTER_SECRET_KEY is too short: use at least 32 characters, or leave it out.")
    dkim = (settings.dkim_domain, settings.dkim_selector, settings.dkim_key_file)
    if any(dkim) and not all(dkim):
        found.append("DKIM needs NEWSLETTER_DKIM_DOMAIN, NEWSLETTER_DKIM_SELECTOR and NEWSLETTER_DKIM_KEY_FILE.")
    return found


def _people(settings: Settings) -> list[str]:
    found = []
    for name, value in (("SENDER", settings.sender), ("REPLY_TO", settings.reply_to)):
        if value and (wrong := _wrong_mailbox(value)):
            found.append(f"{_PREFIX}{name} {wrong}")
    for name, value in (("POSTAL_ADDRESS", settings.postal_address), ("CALL_TO_ACTION", settings.call_to_action)):
        if any(not (c.isprintable() or c in "\n,") for c in value.replace("\\n", "\n")):
            found.append(f"{_PREFIX}{name} holds control characters. Please take them out.")
    if settings.call_to_action and not settings.call_to_action_url.startswith("https://"):
        found.append("NEWSLETTER_CALL_TO_ACTION needs NEWSLETTER_CALL_TO_ACTION_URL, an https:// address.")
    for name, value in settings.headers:
        if not name or not name.replace("-", "").isalnum() or not value.isprintable():
            found.append("NEWSLETTER_SMTP_HEADERS must be lines such as “X-PM-Message-Stream: broadcast”.")
    return found


def _going_live(settings: Settings) -> list[str]:
    if not settings.mail_leaves:
        return []
    found = []
    base = urlsplit(settings.base_url)
    if base.scheme != "https" or not _is_public(base.hostname or ""):
        found.append("Mail can leave this machine: set NEWSLETTER_BASE_URL to your public https:// address first.")
    if not settings.sender:
        found.append("Mail can leave this machine: set NEWSLETTER_SENDER, such as “Name <letters@example.org>”, first.")
    if not settings.postal_address:
        found.append("Mail can leave this machine: set NEWSLETTER_POSTAL_ADDRESS first; the law asks for it.")
    if settings.clock or settings.demo_clock:
        found.append("NEWSLETTER_CLOCK is for trials only: take it out, or take NEWSLETTER_SMTP_URL out.")
    return found


def _mailbox(text: str) -> Mailbox:
    name, address = parseaddr(text)
    return Mailbox(parse(address).typed, name)


def _wrong_mailbox(text: str) -> str:
    if not text.isprintable():
        return "holds control characters. Please take them out."
    try:
        local = _mailbox(text).address.partition("@")[0]
    except AddressError:
        return "must be an address, or “Name <address>”."
    if local.lower() in _NOBODY:
        return "must be a mailbox that somebody reads: people answer these letters."
    return ""


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_public(host: str) -> bool:
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith((".local", ".localhost", ".internal"))


def _sentence(error: object) -> str:
    assert isinstance(error, dict)
    name = _PREFIX + "_".join(str(part) for part in error["loc"]).upper()
    return f"{name}: {str(error['msg']).removeprefix('Value error, ')}. Please correct it."


def as_instant(text: str) -> datetime:
    """Read an ISO instant; one without a zone is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
