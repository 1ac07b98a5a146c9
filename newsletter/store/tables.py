"""Every table of the house, with named constraints, UTC instants and random public ids.

Two clocks (see docs/architecture.md): columns say in their comment when they hold machine time; all other
instants are business time.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    TextClause,
    TypeDecorator,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only in an INTEGER key


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant. SQLite has no zones, so the zone is dropped there and put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive instants: the zone would be a guess."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"an instant without a zone: {value}")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give every instant its zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _one_of(column: str, *words: str) -> TextClause:
    """Whether a column is one of these words, as a condition of the table's own.

    SQLite builds what a long IN looks into anew for each row that such a condition is asked of: that was four tenths
    of what a campaign's delivery cost to write, and to settle. Small tables may say IN.
    """
    return text("(" + " OR ".join(f"{column} = '{word}'" for word in words) + ")")


def _id() -> Column[int]:
    return Column("id", Id, primary_key=True)


def _public_id(*, indexed: bool = True) -> Column[str]:
    return Column("public_id", String(22), nullable=False, unique=indexed)


def _where(condition: TextClause) -> dict[str, Any]:
    """The condition of a partial index."""
    return {"sqlite_where": condition, "postgresql_where": condition}


def _points_to(target: str, *, nullable: bool = False, on_delete: str | None = "CASCADE", index: bool = True) -> Any:
    column, table = f"{target}_id", f"{target}s"
    return Column(column, Id, ForeignKey(f"{table}.id", ondelete=on_delete), nullable=nullable, index=index)


def _of_a_subscription() -> Column[int]:
    # No foreign key and no index: they were a quarter of what a planned lesson costs PostgreSQL. A subscription goes
    # with its subscriber, to whom there is one, or when nobody confirmed in time (store/subscribers.forget_request).
    return Column("subscription_id", Id, comment="of the same subscriber")


# The numbers of people and of their enrollments are in the names of letters (Keyring.sealed): nobody gets that of
# somebody who was erased. PostgreSQL's sequences never go back.
_NEVER_AGAIN = True

subscribers = Table(
    "subscribers",
    metadata,
    _id(),
    _public_id(),
    Column("address", String(254), nullable=False),
    Column("address_key", String(60), nullable=False, unique=True, comment="keyed hash; lookups go by this"),
    Column("name", String(120), nullable=False, server_default=""),
    Column("timezone", String(60), comment="IANA name; NULL means the owner's zone"),
    Column("hour", SmallInteger, nullable=False, server_default="9"),
    Column("weekday", SmallInteger, comment="her wish, Monday is 0; NULL means the course's own rhythm"),
    Column("pace_weeks", SmallInteger, nullable=False, server_default="1", comment="every so many weeks a lesson"),
    Column("discreet", SmallInteger, nullable=False, server_default="0", comment="1: letters say nothing in the inbox"),
    Column("paused_until", Instant, comment="year 9999 means until she returns"),
    Column("held_reason", String(40), comment="mail waits for the owner's word"),
    Column("created_at", Instant, nullable=False),
    CheckConstraint("hour BETWEEN 0 AND 23", name="hour"),
    CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
    CheckConstraint("pace_weeks BETWEEN 1 AND 3", name="pace_weeks"),
    CheckConstraint("discreet BETWEEN 0 AND 1", name="discreet"),
    Index("ix_subscribers_address", "address", "id"),
    Index(
        "ix_subscribers_held",
        "id",
        sqlite_where=text("held_reason IS NOT NULL"),
        postgresql_where=text("held_reason IS NOT NULL"),
    ),
    Index(
        "ix_subscribers_paused_until",
        "paused_until",
        sqlite_where=text("paused_until IS NOT NULL"),
        postgresql_where=text("paused_until IS NOT NULL"),
    ),
    sqlite_autoincrement=_NEVER_AGAIN,
)

lists = Table(
    "lists",
    metadata,
    _id(),
    _public_id(),
    Column("slug", String(60), nullable=False, unique=True),
    Column("title", String(200), nullable=False),
    Column(
        "etiquette", String(10), nullable=False, server_default="anyway", comment="of its campaigns beside a course"
    ),
    Column("wait_days", SmallInteger, nullable=False, server_default="120", comment="for a course to end, at most"),
    Column("created_at", Instant, nullable=False),
    CheckConstraint("etiquette IN ('anyway', 'hold', 'digest')", name="etiquette"),
    CheckConstraint("wait_days BETWEEN 1 AND 730", name="wait_days"),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    _id(),
    _public_id(),
    _points_to("subscriber", index=False),
    _points_to("list", index=False),
    Column("status", String(12), nullable=False),
    Column("requested_at", Instant, nullable=False),
    Column("expires_at", Instant, comment="a pending request is forgotten then"),
    Column("remind_at", Instant, comment="set when the confirmation mail was accepted, cleared when reminded"),
    Column("reminded_at", Instant),
    Column("confirmed_at", Instant),
    Column("left_at", Instant),
    UniqueConstraint("subscriber_id", "list_id"),
    CheckConstraint(_one_of("status", "confirmed", "pending", "unsubscribed", "suppressed"), name="status"),
    Index("ix_subscriptions_list_id_status", "list_id", "status", "subscriber_id"),
    Index("ix_subscriptions_status", "status", "subscriber_id"),
    Index("ix_subscriptions_confirmed_at", "confirmed_at"),
    Index("ix_subscriptions_left_at", "left_at"),
    Index(
        "ix_subscriptions_expires_at",
        "expires_at",
        sqlite_where=text("status = 'pending'"),
        postgresql_where=text("status = 'pending'"),
    ),
    Index(
        "ix_subscriptions_remind_at",
        "remind_at",
        sqlite_where=text("remind_at IS NOT NULL"),
        postgresql_where=text("remind_at IS NOT NULL"),
    ),
)

subscriber_tags = Table(
    "subscriber_tags",
    metadata,
    _id(),
    _points_to("subscriber", index=False),
    Column("tag", String(40), nullable=False),
    Column("given_at", Instant, nullable=False),
    UniqueConstraint("subscriber_id", "tag"),
    comment="a word that the owner keeps of a person",
)

consents = Table(
    "consents",
    metadata,
    _id(),
    Column("number", BigInteger, nullable=False, unique=True, comment="1, 2, 3, … without a gap"),
    Column("event", String(20), nullable=False),
    Column("happened_at", Instant, nullable=False),
    Column("recorded_at", Instant, nullable=False, comment="machine time"),
    Column("wording_version", String(20), nullable=False),
    Column("payload_digest", String(64), nullable=False, comment="salted; the payload beside it can be erased"),
    Column("previous", String(64), nullable=False, unique=True),
    Column("link", String(64), nullable=False, unique=True, comment="hash over this row and the previous link"),
)

consent_payloads = Table(
    "consent_payloads",
    metadata,
    _id(),
    Column("consent_id", Id, ForeignKey("consents.id"), nullable=False, unique=True),
    _points_to("subscriber"),
    Column("list_id", Id, ForeignKey("lists.id"), nullable=False),
    Column("salt", LargeBinary(16), nullable=False),
    Column("payload", Text, nullable=False, comment="canonical JSON: the exact words, address, source, method"),
)

courses = Table(
    "courses",
    metadata,
    _id(),
    _public_id(),
    Column("slug", String(60), nullable=False, unique=True),
    Column("title", String(200), nullable=False),
    Column("created_at", Instant, nullable=False),
)

lessons = Table(
    "lessons",
    metadata,
    _id(),
    _public_id(),
    _points_to("course", index=False),
    Column("key", String(80), nullable=False),
    UniqueConstraint("course_id", "key"),
)

lesson_revisions = Table(
    "lesson_revisions",
    metadata,
    _id(),
    _points_to("lesson"),
    Column("role", String(10), nullable=False),
    Column("title", String(300), nullable=False),
    Column("subject", String(300), nullable=False),
    Column("preheader", String(300), nullable=False),
    Column("body", Text, nullable=False),
    Column("practice", Text, nullable=False),
    Column("reflection", Text, nullable=False),
    Column("ask", Text, nullable=False, server_default="", comment="one question for a yes or a no; empty: none"),
    Column("sources", Text, nullable=False, comment="JSON array"),
    Column("digest", String(64), nullable=False, comment="of the text, to see what an owner changed"),
    Column("origin", String(10), nullable=False, comment="shipped or owner"),
    Column("created_at", Instant, nullable=False),
    CheckConstraint("role IN ('opening', 'weekly', 'closing')", name="role"),
    CheckConstraint("origin IN ('shipped', 'owner')", name="origin"),
)

course_revisions = Table(
    "course_revisions",
    metadata,
    _id(),
    _points_to("course", index=False),
    Column("number", Integer, nullable=False),
    Column("cadence", Text, nullable=False, server_default="{}", comment="JSON; {} is weekly, on her day"),
    Column("created_at", Instant, nullable=False),
    Column("published_at", Instant),
    Column("replanned_to", Id, comment="publishing goes through its readers up to this enrollment so far; NULL: done"),
    Column("reopened_to", Id, comment="finished runs looked at for late lessons, up to this one; NULL: none are to be"),
    UniqueConstraint("course_id", "number"),
)

course_revision_lessons = Table(
    "course_revision_lessons",
    metadata,
    _id(),
    _points_to("course_revision", index=False),
    _points_to("lesson"),
    _points_to("lesson_revision"),
    Column("position", Integer, nullable=False),
    Column("timing", Text, nullable=False, server_default="", comment="JSON: its own delay or date; empty: as usual"),
    Column("since", Instant, comment="when this lesson first stood in a published order; NULL in a draft: not yet"),
    Column("late", String(10), nullable=False, server_default="upcoming", comment="who else gets it: domain/path.py"),
    Column("condition", Text, nullable=False, server_default="", comment="a segment; empty: everybody"),
    UniqueConstraint("course_revision_id", "position"),
    UniqueConstraint("course_revision_id", "lesson_id"),
    CheckConstraint("late IN ('upcoming', 'finished', 'nobody')", name="late"),
)

course_entries = Table(
    "course_entries",
    metadata,
    _id(),
    _points_to("course", index=False),
    Column("kind", String(12), nullable=False),
    Column("what", String(80), nullable=False, server_default="", comment="a list's or a course's slug, or a tag"),
    Column(
        "day", String(10), nullable=False, server_default="", comment="of kind date: YYYY-MM-DD on each reader's wall"
    ),
    Column("done_at", Instant, comment="of kind date: when everybody had begun"),
    UniqueConstraint("course_id", "kind", "what", "day"),
    CheckConstraint(
        "kind IN ('list', 'date', 'after_course', 'tag', 'until_list', 'until_course', 'until_tag')", name="kind"
    ),
    comment="a way into a course, or out of it",
)

blackouts = Table(
    "blackouts",
    metadata,
    _id(),
    Column("name", String(80), nullable=False),
    Column("region", String(300), nullable=False, server_default="", comment="zones or their beginnings; empty: all"),
    Column("first_day", Date, nullable=False, comment="in her zone, as the last one"),
    Column("last_day", Date, nullable=False),
    CheckConstraint("first_day <= last_day", name="days"),
    comment="days on which no lesson goes",
)

_DUE = text("state = 'active' AND held_reason IS NULL AND next_due_at IS NOT NULL")

enrollments = Table(
    "enrollments",
    metadata,
    _id(),
    _public_id(indexed=False),  # asked for among hers only
    _points_to("subscriber", index=False),
    _points_to("course", index=False),
    _of_a_subscription(),
    Column("run", Integer, nullable=False, server_default="1"),
    Column("state", String(10), nullable=False),
    Column("began_at", Instant, nullable=False),
    Column("last_slot_at", Instant, comment="the slot of the last weekly lesson that was planned"),
    Column(
        "next_due_at", Instant, comment="the truth of scheduling; NULL: nothing to come; year 9999: until she returns"
    ),
    Column("held_reason", String(40)),
    Column("held_at", Instant),
    Column("ended_at", Instant),
    UniqueConstraint("subscriber_id", "course_id", "run"),
    CheckConstraint(_one_of("state", "active", "finished", "left"), name="state"),
    Index("ix_enrollments_course_id_state", "course_id", "state"),
    Index("ix_enrollments_due", "next_due_at", sqlite_where=_DUE, postgresql_where=_DUE),
    Index(
        "ix_enrollments_held",
        "held_at",
        sqlite_where=text("held_reason IS NOT NULL"),
        postgresql_where=text("held_reason IS NOT NULL"),
    ),
    sqlite_autoincrement=_NEVER_AGAIN,
)

answers = Table(
    "answers",
    metadata,
    _id(),
    _points_to("subscriber", index=False),
    _points_to("lesson"),
    Column("said", String(3), nullable=False),
    Column("question", Text, nullable=False, comment="the words that she answered"),
    Column("answered_at", Instant, nullable=False),
    UniqueConstraint("subscriber_id", "lesson_id"),
    CheckConstraint("said IN ('yes', 'no')", name="said"),
    comment="what she answered to a lesson's question, until she takes it back",
)

events = Table(
    "events",
    metadata,
    _id(),
    Column("number", BigInteger, nullable=False, unique=True, comment="1, 2, 3, … without a gap"),
    Column("kind", String(40), nullable=False),
    Column("happened_at", Instant, nullable=False),
    _points_to("course"),
    _points_to("subscriber", nullable=True, on_delete="SET NULL"),
    _points_to("enrollment", nullable=True, on_delete="SET NULL", index=False),
    UniqueConstraint("enrollment_id", "kind"),
    CheckConstraint("kind IN ('course.finished')", name="kind"),
    comment="append-only: what others may want to hear of; of who was erased, only that it happened",
)

skips = Table(
    "skips",
    metadata,
    _id(),
    _points_to("enrollment", index=False),
    Column("slot", Instant, nullable=False, comment="of the letter that she skipped"),
    Column("before", Instant, comment="last_slot_at until then"),
    UniqueConstraint("enrollment_id", "slot"),
    comment="a skip that she can take back",
)

campaigns = Table(
    "campaigns",
    metadata,
    _id(),
    _public_id(),
    Column("list_id", Id, ForeignKey("lists.id"), nullable=False, index=True),
    Column("subject", String(300), nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("reason", String(300), comment="why it paused itself"),
    Column("recipients", Integer),
    Column("refused", Integer, nullable=False, server_default="0", comment="for good, since it began or was resumed"),
    Column("look_at", Integer, nullable=False, server_default="0", comment="refusals at which they are weighed next"),
    Column("sent_before", Integer, nullable=False, server_default="0", comment="sent when it was last resumed"),
    Column("created_at", Instant, nullable=False),
    Column("scheduled_at", Instant),
    Column("started_at", Instant),
    Column("finished_at", Instant),
    CheckConstraint("state IN ('draft', 'scheduled', 'sending', 'paused', 'sent', 'cancelled')", name="state"),
    Index(
        "ix_campaigns_scheduled_at",
        "scheduled_at",
        sqlite_where=text("state = 'scheduled'"),
        postgresql_where=text("state = 'scheduled'"),
    ),
)

audience_parts = Table(
    "audience_parts",
    metadata,
    _id(),
    _points_to("campaign"),
    Column("subscriptions", Text, nullable=False, comment="JSON: numbers of subscriptions that were drawn"),
    Column("readers", Integer, nullable=False, comment="how many these are"),
    comment="who is drawn for a campaign and not yet owed it; a part goes when its deliveries are planned",
)


_WAITING_STATES = "queued", "deferred", "uncertain"
_UNSENT_STATES = "failed", "skipped", "expired"

WAITS = _one_of("deliveries.state", *_WAITING_STATES)
"""What waits to go out. Word for word as in its index, or SQLite would not use that for a question."""

ENDED_UNSENT = _one_of("deliveries.state", *_UNSENT_STATES)
"""What ended and never went out; likewise."""

_WAITING = _one_of("state", *_WAITING_STATES)
_LEASED = text("state = 'sending'")
_ENDED_UNSENT = _one_of("state", *_UNSENT_STATES)
_URGENT = text("priority = 0")
_OF_A_COURSE = text("enrollment_id IS NOT NULL")
_OF_A_CAMPAIGN = text("campaign_id IS NOT NULL")
_IN_ONE_MAIL = text("reason LIKE 'in one mail: %' OR reason = 'several campaigns in one mail'")
_NAMED_AT_RANDOM = text("kind <> 'campaign' AND coalesce(occasion, 1) > 0")

deliveries = Table(
    "deliveries",
    metadata,
    _id(),
    Column("public_id", String(22), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("state", String(10), nullable=False),
    Column("reason", String(60), comment="why it was skipped; while it waits: for what"),
    _points_to("subscriber", nullable=True),
    _of_a_subscription(),
    _points_to("campaign", nullable=True, index=False),
    _points_to("enrollment", nullable=True, index=False),
    Column("lesson_id", Id, ForeignKey("lessons.id")),
    Column("lesson_revision_id", Id, ForeignKey("lesson_revisions.id")),
    Column("occasion", Integer, comment="0 is the course's own; 1 and up were asked for"),
    Column("test_address", String(254), comment="where a test or a notice goes; other mail goes to its subscriber"),
    Column("planned_at", Instant, nullable=False),
    Column("created_at", Instant, nullable=False, comment="machine time; the limits on confirmations count it"),
    Column("due_at", Instant, nullable=False),
    Column("retry_at", Instant, comment="machine time"),
    Column(
        "attempt",
        Integer,
        nullable=False,
        server_default="0",
        comment="claims so far; a settle names its own",
    ),
    Column("tries", Integer, nullable=False, server_default="0", comment="attempts that count: the relay was up"),
    Column("first_try_at", Instant, comment="machine time"),
    Column(
        "orphaned",
        SmallInteger,
        nullable=False,
        server_default="0",
        comment="senders lost in a row with this one in hand; from 2 on it goes alone",
    ),
    Column("leased_by", String(120)),
    Column("lease_until", Instant, comment="machine time"),
    Column("message_id", String(120), comment="one for every retry"),
    Column("sent_at", Instant),
    Column("settled_at", Instant, comment="machine time"),
    Column("reply", String(300), comment="the server's words, addresses masked"),
    CheckConstraint(_one_of("state", "sending", "sent", *_WAITING_STATES, *_UNSENT_STATES), name="state"),
    CheckConstraint(
        _one_of("kind", "campaign", "lesson", "confirmation", "reminder", "preferences", "test", "notice"), name="kind"
    ),
    CheckConstraint("(subscriber_id IS NULL) = (kind IN ('test', 'notice'))", name="somebody"),
    # Most deliveries have sealed names (Keyring.sealed): they are found by what is in them. Random entries in an index,
    # a million of them, cost a third of all that is written.
    Index("uq_deliveries_public_id", "public_id", unique=True, **_where(_NAMED_AT_RANDOM)),
    # Campaigns alone stand in these two, and lessons alone in the three after them: each kind would pay for as many
    # empty entries in those of the other.
    Index(
        "uq_deliveries_campaign_id_subscriber_id", "campaign_id", "subscriber_id", unique=True, **_where(_OF_A_CAMPAIGN)
    ),
    Index("ix_deliveries_campaign_id_state", "campaign_id", "state", "kind", **_where(_OF_A_CAMPAIGN)),
    Index("ix_deliveries_in_one_mail", "campaign_id", "subscriber_id", **_where(_IN_ONE_MAIL)),
    Index("uq_deliveries_lesson", "enrollment_id", "lesson_id", "occasion", unique=True, **_where(_OF_A_COURSE)),
    Index("ix_deliveries_lesson_id", "lesson_id", **_where(text("lesson_id IS NOT NULL"))),
    Index("ix_deliveries_lesson_revision_id", "lesson_revision_id", **_where(text("lesson_revision_id IS NOT NULL"))),
    Index("ix_deliveries_waiting", "priority", "due_at", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
    Index("ix_deliveries_leased", "lease_until", sqlite_where=_LEASED, postgresql_where=_LEASED),
    Index(
        "ix_deliveries_ended",
        *("state", "settled_at"),
        *("enrollment_id", "lesson_id", "occasion"),  # so that it alone answers whom a lesson never reached
        sqlite_where=_ENDED_UNSENT,
        postgresql_where=_ENDED_UNSENT,
    ),
    Index("ix_deliveries_suspect", "due_at", sqlite_where=text("orphaned > 1"), postgresql_where=text("orphaned > 1")),
    Index("ix_deliveries_urgent", "kind", sqlite_where=_URGENT, postgresql_where=_URGENT),
    Index(
        "ix_deliveries_sent_at",
        "sent_at",
        "kind",
        sqlite_where=text("sent_at IS NOT NULL"),
        postgresql_where=text("sent_at IS NOT NULL"),
    ),
)

notices = Table(
    "notices",
    metadata,
    _id(),
    Column("delivery_id", Id, ForeignKey("deliveries.id", ondelete="CASCADE"), nullable=False, unique=True),
    Column("title", String(200), nullable=False),
    Column("story", Text, nullable=False, comment="JSON array of paragraphs"),
    Column("step", String(60), nullable=False, comment="the words of the link"),
    Column("path", String(200), nullable=False, comment="where in the studio it leads"),
)

suppressions = Table(
    "suppressions",
    metadata,
    _id(),
    Column("address_key", String(60), nullable=False, unique=True),
    Column("reason", String(40), nullable=False),
    Column("created_at", Instant, nullable=False),
)

admins = Table(
    "admins",
    metadata,
    _id(),
    _public_id(),
    Column("address", String(254), nullable=False),
    Column("address_key", String(60), nullable=False, unique=True),
    Column("role", String(10), nullable=False),
    Column("password_hash", String(200)),
    Column("setup_digest", String(64), unique=True, comment="of the one-time link"),
    Column("setup_expires_at", Instant, comment="machine time"),
    Column("created_at", Instant, nullable=False),
    CheckConstraint("role IN ('owner', 'editor', 'viewer')", name="role"),
)

admin_sessions = Table(
    "admin_sessions",
    metadata,
    _id(),
    _points_to("admin"),
    Column("token_digest", String(64), nullable=False, unique=True),
    Column("created_at", Instant, nullable=False, comment="machine time"),
    Column("expires_at", Instant, nullable=False, comment="machine time"),
)

rate_counts = Table(
    "rate_counts",
    metadata,
    _id(),
    Column("bucket", String(100), nullable=False),
    Column("window_start", Instant, nullable=False, comment="machine time"),
    Column("count", Integer, nullable=False),
    UniqueConstraint("bucket", "window_start"),
)

leaders = Table(
    "leaders",
    metadata,
    _id(),
    Column("duty", String(40), nullable=False, unique=True),
    Column("holder", String(120), nullable=False),
    Column("until", Instant, nullable=False, comment="machine time"),
)

relays = Table(
    "relays",
    metadata,
    _id(),
    Column("name", String(40), nullable=False, unique=True),
    Column("failures", Integer, nullable=False, comment="in a row"),
    Column("open_until", Instant, comment="machine time; no attempt is made before"),
    Column("reason", String(300)),
    Column("since", Instant, comment="machine time of the first failure in the row"),
)

installation = Table(
    "installation",
    metadata,
    _id(),
    Column("name", String(40), nullable=False, unique=True),
    Column("value", Text, nullable=False),
)

owner_settings = Table(
    "owner_settings",
    metadata,
    _id(),
    Column("name", String(40), nullable=False, unique=True),
    Column("value", Text, nullable=False, comment="empty: taken back, so that the default holds"),
    Column("changed_at", Instant, nullable=False),
    _points_to("admin", nullable=True, on_delete="SET NULL", index=False),
)
