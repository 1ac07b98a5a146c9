"""Environment (or a .env file) to one frozen, validated Settings; every mistake is one clear line."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from urllib.parse import SplitResult, urlsplit
from zoneinfo import available_timezones

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from newsletter.content.fields import can_be_added
from newsletter.domain import practice
from newsletter.domain.golive import is_loopback, is_public_https

_PREFIX = "NEWSLETTER_"


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
    practice_name: str = ""
    sender: str = ""
    reply_to: str = ""
    postal_address: str = ""
    accent: str = ""
    care_line: str = ""
    timezone: str = ""
    course: str = "belonging"
    secret_key: str = ""
    dkim_domain: str = ""
    dkim_selector: str = ""
    dkim_key_file: Path | None = None
    dkim_ed25519_selector: str = ""
    dkim_ed25519_key_file: Path | None = None
    return_domain: str = ""
    return_mailbox: str = ""
    trusted_proxies: int = 0
    clock: datetime | None = None
    signups_per_hour: int = 1000
    call_to_action: str = ""
    call_to_action_url: str = ""

    @property
    def database(self) -> str:
        """The database URL; SQLite in the data folder when none is given."""
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'newsletter.db'}"

    @property
    def said(self) -> dict[str, str]:
        """What the environment says of the practice, by the fields of `domain.practice`; it wins over the studio."""
        has_sender = bool(self.sender) and not practice.wrong_mailbox(self.sender)
        sender = practice.read_mailbox(self.sender) if has_sender else None
        fields = {
            "practice_name": self.practice_name,
            "sender_name": sender.name if sender else "",
            "sender_address": sender.address if sender else "",
            "reply_to": self.reply_to,
            "postal_address": _lines(self.postal_address),
            "accent": self.accent,
            "call_to_action": self.call_to_action,
            "call_to_action_url": self.call_to_action_url,
            "care_line": self.care_line,
        }
        # A sender without a name is one: a name from the studio must not come before an address from here.
        return {name: value for name, value in fields.items() if value or (sender and name == "sender_name")}

    @property
    def owner_zone(self) -> str:
        """The owner's time zone."""
        return self.timezone or "UTC"

    @property
    def mail_leaves(self) -> bool:
        """Whether mail can leave this machine."""
        return bool(self.smtp_url) and not is_loopback(urlsplit(self.smtp_url).hostname or "")

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
    mistakes = [*_addresses(settings)]  # the other questions read them
    mistakes = mistakes or [*_form(settings), *_practice(settings)]
    if mistakes:
        raise SettingsError(mistakes)
    return settings


def take_address(host: str, port: int) -> None:
    """Let links begin with where the web half listens, in this process and its children, unless a base URL is set."""
    try:
        is_set = "base_url" in Settings(_env_file=".env").model_fields_set  # type: ignore[call-arg]
    except ValidationError:
        return  # whoever loads the settings next says what is wrong
    if not is_set:
        reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - every address is none to link to
        at = f"[{reached}]" if ":" in reached else reached
        os.environ[f"{_PREFIX}BASE_URL"] = f"http://{at}:{port}"


def _addresses(settings: Settings) -> list[str]:
    found = []
    base = _split(settings.base_url)
    if base is None or base.scheme not in ("http", "https") or not _is_plain(base):
        found.append("NEWSLETTER_BASE_URL must be an address such as https://letters.example.org, without a path.")
    database = _split(settings.database_url or "sqlite:///")
    if database is None or database.scheme not in ("sqlite", "postgresql+psycopg"):
        found.append("NEWSLETTER_DATABASE_URL must begin with sqlite:/// or postgresql+psycopg://.")
    smtp = _split(settings.smtp_url or "smtp://localhost")
    if smtp is None or smtp.scheme not in ("smtp", "smtps") or not smtp.hostname:
        found.append("NEWSLETTER_SMTP_URL must begin with smtp:// or smtps:// and name a host.")
    return found


def _split(url: str) -> SplitResult | None:
    """A URL in its parts; None when it is none, or holds what urlsplit would drop in silence (CR, LF, tab)."""
    try:
        found = urlsplit(url)
        return found if url.isprintable() and (found.port is None or found.port > 0) else None
    except ValueError:
        return None


def _is_plain(base: SplitResult) -> bool:
    """Whether nothing but a host and perhaps a port follows: every link of every letter begins with it."""
    host = base.netloc.isascii() and " " not in base.netloc and "@" not in base.netloc and bool(base.hostname)
    return host and base.path in ("", "/") and not base.query and not base.fragment


def _form(settings: Settings) -> list[str]:
    found = []
    if settings.timezone and settings.timezone not in available_timezones():
        found.append("NEWSLETTER_TIMEZONE is not a zone we know. Use a name such as Europe/Berlin or America/Denver.")
    if not 1 <= settings.smtp_connections <= 100:
        found.append("NEWSLETTER_SMTP_CONNECTIONS must be a number from 1 to 100.")
    if settings.smtp_rate is not None and not 0 < settings.smtp_rate < inf:
        found.append("NEWSLETTER_SMTP_RATE must be more than 0 messages per second.")
    if settings.trusted_proxies < 0:
        found.append("NEWSLETTER_TRUSTED_PROXIES must be 0 or the number of proxies in front.")
    if settings.secret_key and len(settings.secret_key) < 32:
        found.append("NEWSLETTER_SECRET_KEY is too short: use at least 32 characters, or leave it out.")
    dkim = (settings.dkim_domain, settings.dkim_selector, settings.dkim_key_file)
    if any(dkim) and not all(dkim):
        found.append("DKIM needs NEWSLETTER_DKIM_DOMAIN, NEWSLETTER_DKIM_SELECTOR and NEWSLETTER_DKIM_KEY_FILE.")
    second = (settings.dkim_ed25519_selector, settings.dkim_ed25519_key_file)
    if any(second) and not (all(dkim) and all(second) and settings.dkim_ed25519_selector != settings.dkim_selector):
        found.append(
            "A second DKIM key needs NEWSLETTER_DKIM_ED25519_KEY_FILE, a NEWSLETTER_DKIM_ED25519_SELECTOR of its own, "
            "and the first key beside it."
        )
    return found


def _practice(settings: Settings) -> list[str]:
    """The rules are those of the studio; see `domain.practice`."""
    wrong = {field: practice.wrong(field, value) for field, value in settings.said.items()}
    found = [f"{practice.VARIABLES[field]} {words}" for field, words in wrong.items() if words]
    if settings.sender and (words := practice.wrong_mailbox(settings.sender)):
        found.append(f"{_PREFIX}SENDER {words}")
    if settings.call_to_action and not settings.call_to_action_url:
        found.append("NEWSLETTER_CALL_TO_ACTION needs NEWSLETTER_CALL_TO_ACTION_URL, an https:// address.")
    for name, value in settings.headers:
        if not can_be_added(name, value):
            found.append("NEWSLETTER_SMTP_HEADERS must be lines such as “X-PM-Message-Stream: broadcast”.")
    return found


def going_live(settings: Settings, said: Mapping[str, str]) -> list[str]:
    """What keeps mail from leaving, a sentence each; `said` is what the owner has set in the studio."""
    if not settings.mail_leaves:
        return []
    found, known = [], {**said, **settings.said}
    if not is_public_https(settings.base_url):
        found.append("Mail can leave this machine: set NEWSLETTER_BASE_URL to your public https:// address first.")
    if not known.get("sender_address"):
        found.append("Mail can leave this machine: set NEWSLETTER_SENDER, such as “Name <letters@example.org>”, first.")
    if not known.get("postal_address"):
        found.append("Mail can leave this machine: set NEWSLETTER_POSTAL_ADDRESS first; the law asks for it.")
    if settings.clock:
        found.append("NEWSLETTER_CLOCK is for trials only: take it out, or take NEWSLETTER_SMTP_URL out.")
    return found


def _lines(text: str) -> str:
    return text.replace("\\n", "\n")


def _sentence(error: object) -> str:
    assert isinstance(error, dict)
    name = _PREFIX + "_".join(str(part) for part in error["loc"]).upper()
    return f"{name}: {str(error['msg']).removeprefix('Value error, ')}. Please correct it."


def as_instant(text: str) -> datetime:
    """Read an ISO instant; one without a zone is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
