"""Environment (or a .env file) to one frozen, validated Settings; every mistake is one clear line."""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import cache
from math import inf
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit
from zoneinfo import available_timezones

from pydantic import ValidationError
from pydantic_settings import BaseSettings, DotEnvSettingsSource, EnvSettingsSource, SettingsConfigDict

from newsletter.content.fields import can_be_added
from newsletter.domain import practice
from newsletter.domain.golive import is_loopback, is_public_https
from newsletter.domain.warmup import Warmup
from newsletter.domain.warmup import parse as read_warmup
from newsletter.mail.lanes import read_rates

_ADDRESS = "address"
"""The file in the data folder that says where the web half listens."""

_PREFIX = "NEWSLETTER_"
_MUST = {
    "smtp_connections": "must be a number from 1 to 100.",
    "smtp_rate": "must be more than 0 messages per second.",
    "smtp_warmup": "must be the first day and its number of emails, such as 2026-12-01:500.",
    "trusted_proxies": "must be 0 or the number of proxies in front.",
    "signups_per_hour": "must be a number from 1 up.",
    "clock": "must be a moment such as 2026-11-26T09:00Z.",
}
"""What is wrong with a value that is no number or no moment, or not one that we can use."""


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
    smtp_domain_rates: str = ""
    smtp_warmup: str = ""
    smtp_ca_file: Path | None = None
    practice_name: str = ""
    sender: str = ""
    reply_to: str = ""
    postal_address: str = ""
    accent: str = ""
    care_line: str = ""
    telling_words: str = ""
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
            "telling_words": self.telling_words,
        }
        # A sender without a name is one: a name from the studio must not come before an address from here.
        return {name: value for name, value in fields.items() if value or (sender and name == "sender_name")}

    @property
    def owner_zone(self) -> str:
        """The owner's time zone."""
        return self.timezone or "UTC"

    @property
    def warmup(self) -> Warmup | None:
        """How a new sender's mail grows from day to day."""
        return read_warmup(self.smtp_warmup) if self.smtp_warmup else None

    @property
    def domain_rates(self) -> dict[str, float]:
        """Messages a second by receiving domain."""
        return read_rates(self.smtp_domain_rates)[0]

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
    settings, unread = _read(env_file)
    if "base_url" not in settings.model_fields_set and (kept := _kept_address(settings)):
        settings = settings.model_copy(update={"base_url": kept})
    mistakes = [_must(name) for name in unread]
    mistakes += [*_addresses(settings), *_form(settings), *_files(settings), *_practice(settings)]
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


def keep_address(settings: Settings) -> None:
    """Let links of commands in other processes begin with where the web half listens or listened last, too."""
    with suppress(OSError):  # whoever cannot write there has greater trouble, and says so
        (settings.data_dir / _ADDRESS).write_text(settings.base_url)


def _kept_address(settings: Settings) -> str:
    """Where the web half of this data folder listened last; empty when that is not known."""
    try:
        kept = (settings.data_dir / _ADDRESS).read_text().strip()
    except (OSError, ValueError):
        return ""
    return kept if _split(kept) and kept.startswith("http://") else ""


def unknown_names(env_file: str | None = ".env") -> list[str]:
    """A sentence for each NEWSLETTER_… name, in the environment or the file, that is no setting; a slip, perhaps."""
    known = [f"{_PREFIX}{field}".upper() for field in Settings.model_fields]
    given = {name.upper() for said in _said(env_file) for name in said if name.upper().startswith(_PREFIX)}
    found = []
    for name in sorted(given.difference(known)):
        close = get_close_matches(name, known, n=1, cutoff=0.85)
        found.append(f"{name} is no setting, and does nothing." + "".join(f" Did you mean {one}?" for one in close))
    return found


def _read(env_file: str | None) -> tuple[Settings, list[str]]:
    """The settings, and the fields whose values cannot be read; those are as if nobody had set them."""
    empty = _without_course(env_file)
    try:
        return Settings(_env_file=env_file, **empty), []  # type: ignore[call-arg]
    except ValidationError as error:
        unread = list(dict.fromkeys(str(one["loc"][0]) for one in error.errors()))
    unset = {name: Settings.model_fields[name].default for name in unread}
    return Settings(_env_file=env_file, **empty, **unset), unread  # type: ignore[call-arg]


def _without_course(env_file: str | None) -> dict[str, Any]:
    """An empty value is none for every other setting; an empty NEWSLETTER_COURSE says that no course shall begin."""
    chosen = [said["newsletter_course"] for said in _said(env_file) if "newsletter_course" in said]
    return {"course": ""} if chosen and not chosen[0] else {}


def _said(env_file: str | None) -> list[Mapping[str, str | None]]:
    """What the environment says, and then the file, by names in small letters."""
    of_all = EnvSettingsSource(Settings, env_ignore_empty=False)
    of_file = DotEnvSettingsSource(Settings, env_file=env_file, env_ignore_empty=False)
    return [of_all.env_vars, of_file.env_vars]


def _must(name: str) -> str:
    return f"{_PREFIX}{name.upper()} {_MUST.get(name, 'cannot be read. Please correct it.')}"


def _files(settings: Settings) -> Iterator[str]:
    for name in ("smtp_ca_file", "dkim_key_file", "dkim_ed25519_key_file"):
        path = getattr(settings, name)
        try:
            if path is not None:
                path.open("rb").close()
        except OSError as error:
            reason = (error.strerror or "it is none").lower()
            yield f"{_PREFIX}{name.upper()}: the file {path} cannot be read ({reason})."


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


@cache
def _zones() -> set[str]:
    """Every zone of this machine; looking for them takes 10 ms, and a command reads its settings three times."""
    return available_timezones()


def _form(settings: Settings) -> list[str]:
    found = []
    if settings.timezone and settings.timezone not in _zones():
        found.append("NEWSLETTER_TIMEZONE is not a zone we know. Use a name such as Europe/Berlin or America/Denver.")
    if not 1 <= settings.smtp_connections <= 100:
        found.append(_must("smtp_connections"))
    if settings.smtp_rate is not None and not 0 < settings.smtp_rate < inf:
        found.append(_must("smtp_rate"))
    found += _pace(settings)
    if settings.trusted_proxies < 0:
        found.append(_must("trusted_proxies"))
    if settings.signups_per_hour < 1:
        found.append(_must("signups_per_hour"))
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


def _pace(settings: Settings) -> Iterator[str]:
    for mistake in read_rates(settings.smtp_domain_rates)[1]:
        yield f"{_PREFIX}SMTP_DOMAIN_RATES: {mistake}"
    try:
        _ = settings.warmup
    except ValueError:
        yield _must("smtp_warmup")


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


def as_instant(text: str) -> datetime:
    """Read an ISO instant; one without a zone is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
