"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this version."""
    op.create_table(
        "admins",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("address_key", sa.String(length=60), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("setup_digest", sa.String(length=64), nullable=True, comment="of the one-time link"),
        sa.Column("setup_expires_at", sa.DateTime(timezone=True), nullable=True, comment="machine time"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role IN ('owner', 'editor', 'viewer')", name=op.f("ck_admins_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admins")),
        sa.UniqueConstraint("address_key", name=op.f("uq_admins_address_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_admins_public_id")),
        sa.UniqueConstraint("setup_digest", name=op.f("uq_admins_setup_digest")),
    )
    op.create_table(
        "blackouts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column(
            "region",
            sa.String(length=300),
            server_default="",
            nullable=False,
            comment="zones or their beginnings; empty: all",
        ),
        sa.Column("first_day", sa.Date(), nullable=False, comment="in her zone, as the last one"),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_blackouts_days")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blackouts")),
        comment="days on which no lesson goes",
    )
    op.create_table(
        "consents",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False, comment="1, 2, 3, … without a gap"),
        sa.Column("event", sa.String(length=20), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False, comment="machine time"),
        sa.Column("wording_version", sa.String(length=20), nullable=False),
        sa.Column(
            "payload_digest",
            sa.String(length=64),
            nullable=False,
            comment="salted; the payload beside it can be erased",
        ),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("link", sa.String(length=64), nullable=False, comment="hash over this row and the previous link"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
        sa.UniqueConstraint("link", name=op.f("uq_consents_link")),
        sa.UniqueConstraint("number", name=op.f("uq_consents_number")),
        sa.UniqueConstraint("previous", name=op.f("uq_consents_previous")),
    )
    op.create_table(
        "courses",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_courses")),
        sa.UniqueConstraint("public_id", name=op.f("uq_courses_public_id")),
        sa.UniqueConstraint("slug", name=op.f("uq_courses_slug")),
    )
    op.create_table(
        "installation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
        sa.UniqueConstraint("name", name=op.f("uq_installation_name")),
    )
    op.create_table(
        "leaders",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("duty", sa.String(length=40), nullable=False),
        sa.Column("holder", sa.String(length=120), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False, comment="machine time"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leaders")),
        sa.UniqueConstraint("duty", name=op.f("uq_leaders_duty")),
    )
    op.create_table(
        "lists",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column(
            "etiquette",
            sa.String(length=10),
            server_default="anyway",
            nullable=False,
            comment="of its campaigns beside a course",
        ),
        sa.Column(
            "wait_days",
            sa.SmallInteger(),
            server_default="120",
            nullable=False,
            comment="for a course to end, at most",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("etiquette IN ('anyway', 'hold', 'digest')", name=op.f("ck_lists_etiquette")),
        sa.CheckConstraint("wait_days BETWEEN 1 AND 730", name=op.f("ck_lists_wait_days")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lists")),
        sa.UniqueConstraint("public_id", name=op.f("uq_lists_public_id")),
        sa.UniqueConstraint("slug", name=op.f("uq_lists_slug")),
    )
    op.create_table(
        "rate_counts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bucket", sa.String(length=100), nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False, comment="machine time"),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rate_counts")),
        sa.UniqueConstraint("bucket", "window_start", name=op.f("uq_rate_counts_bucket_window_start")),
    )
    op.create_table(
        "relays",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False, comment="in a row"),
        sa.Column(
            "open_until", sa.DateTime(timezone=True), nullable=True, comment="machine time; no attempt is made before"
        ),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column(
            "since", sa.DateTime(timezone=True), nullable=True, comment="machine time of the first failure in the row"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relays")),
        sa.UniqueConstraint("name", name=op.f("uq_relays_name")),
    )
    op.create_table(
        "subscribers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("address_key", sa.String(length=60), nullable=False, comment="keyed hash; lookups go by this"),
        sa.Column("name", sa.String(length=120), server_default="", nullable=False),
        sa.Column("timezone", sa.String(length=60), nullable=True, comment="IANA name; NULL means the owner's zone"),
        sa.Column("hour", sa.SmallInteger(), server_default="9", nullable=False),
        sa.Column(
            "weekday",
            sa.SmallInteger(),
            nullable=True,
            comment="her wish, Monday is 0; NULL means the course's own rhythm",
        ),
        sa.Column(
            "pace_weeks",
            sa.SmallInteger(),
            server_default="1",
            nullable=False,
            comment="every so many weeks a lesson",
        ),
        sa.Column(
            "discreet",
            sa.SmallInteger(),
            server_default="0",
            nullable=False,
            comment="1: letters say nothing in the inbox",
        ),
        sa.Column(
            "paused_until", sa.DateTime(timezone=True), nullable=True, comment="year 9999 means until she returns"
        ),
        sa.Column("held_reason", sa.String(length=40), nullable=True, comment="mail waits for the owner's word"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("hour BETWEEN 0 AND 23", name=op.f("ck_subscribers_hour")),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_subscribers_weekday")),
        sa.CheckConstraint("pace_weeks BETWEEN 1 AND 3", name=op.f("ck_subscribers_pace_weeks")),
        sa.CheckConstraint("discreet BETWEEN 0 AND 1", name=op.f("ck_subscribers_discreet")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscribers")),
        sa.UniqueConstraint("address_key", name=op.f("uq_subscribers_address_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_subscribers_public_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("subscribers", schema=None) as batch_op:
        batch_op.create_index("ix_subscribers_address", ["address", "id"], unique=False)
        batch_op.create_index(
            "ix_subscribers_held",
            ["id"],
            unique=False,
            sqlite_where=sa.text("held_reason IS NOT NULL"),
            postgresql_where=sa.text("held_reason IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_subscribers_paused_until",
            ["paused_until"],
            unique=False,
            sqlite_where=sa.text("paused_until IS NOT NULL"),
            postgresql_where=sa.text("paused_until IS NOT NULL"),
        )

    op.create_table(
        "suppressions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address_key", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppressions")),
        sa.UniqueConstraint("address_key", name=op.f("uq_suppressions_address_key")),
    )
    op.create_table(
        "admin_sessions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("admin_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="machine time"),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, comment="machine time"),
        sa.ForeignKeyConstraint(
            ["admin_id"], ["admins.id"], name=op.f("fk_admin_sessions_admin_id_admins"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admin_sessions")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_admin_sessions_token_digest")),
    )
    with op.batch_alter_table("admin_sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_admin_sessions_admin_id"), ["admin_id"], unique=False)

    op.create_table(
        "owner_settings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False, comment="empty: taken back, so that the default holds"),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("admin_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["admin_id"], ["admins.id"], name=op.f("fk_owner_settings_admin_id_admins"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_owner_settings")),
        sa.UniqueConstraint("name", name=op.f("uq_owner_settings_name")),
    )
    op.create_table(
        "campaigns",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("list_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=True, comment="why it paused itself"),
        sa.Column("recipients", sa.Integer(), nullable=True),
        sa.Column(
            "refused",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="for good, since it began or was resumed",
        ),
        sa.Column(
            "look_at",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="refusals at which they are weighed next",
        ),
        sa.Column(
            "sent_before", sa.Integer(), server_default="0", nullable=False, comment="sent when it was last resumed"
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("scheduled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('draft', 'scheduled', 'sending', 'paused', 'sent', 'cancelled')", name=op.f("ck_campaigns_state")
        ),
        sa.ForeignKeyConstraint(["list_id"], ["lists.id"], name=op.f("fk_campaigns_list_id_lists")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
        sa.UniqueConstraint("public_id", name=op.f("uq_campaigns_public_id")),
    )
    with op.batch_alter_table("campaigns", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_campaigns_list_id"), ["list_id"], unique=False)
        batch_op.create_index(
            "ix_campaigns_scheduled_at",
            ["scheduled_at"],
            unique=False,
            sqlite_where=sa.text("state = 'scheduled'"),
            postgresql_where=sa.text("state = 'scheduled'"),
        )

    op.create_table(
        "audience_parts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("campaign_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subscriptions", sa.Text(), nullable=False, comment="JSON: numbers of subscriptions that were drawn"),
        sa.Column("readers", sa.Integer(), nullable=False, comment="how many these are"),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_audience_parts_campaign_id_campaigns"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audience_parts")),
        comment="who is drawn for a campaign and not yet owed it; a part goes when its deliveries are planned",
    )
    with op.batch_alter_table("audience_parts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audience_parts_campaign_id"), ["campaign_id"], unique=False)

    op.create_table(
        "consent_payloads",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("consent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subscriber_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("list_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=False),
        sa.Column(
            "payload", sa.Text(), nullable=False, comment="canonical JSON: the exact words, address, source, method"
        ),
        sa.ForeignKeyConstraint(["consent_id"], ["consents.id"], name=op.f("fk_consent_payloads_consent_id_consents")),
        sa.ForeignKeyConstraint(["list_id"], ["lists.id"], name=op.f("fk_consent_payloads_list_id_lists")),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_consent_payloads_subscriber_id_subscribers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_payloads")),
        sa.UniqueConstraint("consent_id", name=op.f("uq_consent_payloads_consent_id")),
    )
    with op.batch_alter_table("consent_payloads", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consent_payloads_subscriber_id"), ["subscriber_id"], unique=False)

    op.create_table(
        "course_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("course_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column(
            "what",
            sa.String(length=80),
            server_default="",
            nullable=False,
            comment="a list's or a course's slug, or a tag",
        ),
        sa.Column(
            "day",
            sa.String(length=10),
            server_default="",
            nullable=False,
            comment="of kind date: YYYY-MM-DD on each reader's wall",
        ),
        sa.Column(
            "done_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="of kind date: when everybody had begun",
        ),
        sa.CheckConstraint(
            "kind IN ('list', 'date', 'after_course', 'tag', 'until_list', 'until_course', 'until_tag')",
            name=op.f("ck_course_entries_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["course_id"], ["courses.id"], name=op.f("fk_course_entries_course_id_courses"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_entries")),
        sa.UniqueConstraint("course_id", "kind", "what", "day", name=op.f("uq_course_entries_course_id_kind_what_day")),
        comment="a way into a course, or out of it",
    )
    op.create_table(
        "course_revisions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("course_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("cadence", sa.Text(), server_default="{}", nullable=False, comment="JSON; {} is weekly, on her day"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "replanned_to",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
            comment="publishing goes through its readers up to this enrollment so far; NULL: done",
        ),
        sa.Column(
            "reopened_to",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
            comment="finished runs looked at for late lessons, up to this one; NULL: none are to be",
        ),
        sa.ForeignKeyConstraint(
            ["course_id"], ["courses.id"], name=op.f("fk_course_revisions_course_id_courses"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_revisions")),
        sa.UniqueConstraint("course_id", "number", name=op.f("uq_course_revisions_course_id_number")),
    )
    op.create_table(
        "lessons",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("course_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["course_id"], ["courses.id"], name=op.f("fk_lessons_course_id_courses"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lessons")),
        sa.UniqueConstraint("course_id", "key", name=op.f("uq_lessons_course_id_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_lessons_public_id")),
    )
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("subscriber_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("list_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "expires_at", sa.DateTime(timezone=True), nullable=True, comment="a pending request is forgotten then"
        ),
        sa.Column(
            "remind_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="set when the confirmation mail was accepted, cleared when reminded",
        ),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status = 'confirmed' OR status = 'pending' OR status = 'unsubscribed' OR status = 'suppressed')",
            name=op.f("ck_subscriptions_status"),
        ),
        sa.ForeignKeyConstraint(
            ["list_id"], ["lists.id"], name=op.f("fk_subscriptions_list_id_lists"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_subscriptions_subscriber_id_subscribers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
        sa.UniqueConstraint("public_id", name=op.f("uq_subscriptions_public_id")),
        sa.UniqueConstraint("subscriber_id", "list_id", name=op.f("uq_subscriptions_subscriber_id_list_id")),
    )
    with op.batch_alter_table("subscriptions", schema=None) as batch_op:
        batch_op.create_index(
            "ix_subscriptions_expires_at",
            ["expires_at"],
            unique=False,
            sqlite_where=sa.text("status = 'pending'"),
            postgresql_where=sa.text("status = 'pending'"),
        )
        batch_op.create_index("ix_subscriptions_confirmed_at", ["confirmed_at"], unique=False)
        batch_op.create_index("ix_subscriptions_left_at", ["left_at"], unique=False)
        batch_op.create_index("ix_subscriptions_list_id_status", ["list_id", "status", "subscriber_id"], unique=False)
        batch_op.create_index("ix_subscriptions_status", ["status", "subscriber_id"], unique=False)
        batch_op.create_index(
            "ix_subscriptions_remind_at",
            ["remind_at"],
            unique=False,
            sqlite_where=sa.text("remind_at IS NOT NULL"),
            postgresql_where=sa.text("remind_at IS NOT NULL"),
        )

    op.create_table(
        "enrollments",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("subscriber_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("course_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "subscription_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
            comment="of the same subscriber",
        ),
        sa.Column("run", sa.Integer(), server_default="1", nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "last_slot_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="the slot of the last weekly lesson that was planned",
        ),
        sa.Column(
            "next_due_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="the truth of scheduling; NULL: nothing to come; year 9999: until she returns",
        ),
        sa.Column("held_reason", sa.String(length=40), nullable=True),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'active' OR state = 'finished' OR state = 'left')", name=op.f("ck_enrollments_state")
        ),
        sa.ForeignKeyConstraint(
            ["course_id"], ["courses.id"], name=op.f("fk_enrollments_course_id_courses"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_enrollments_subscriber_id_subscribers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrollments")),
        sa.UniqueConstraint(
            "subscriber_id", "course_id", "run", name=op.f("uq_enrollments_subscriber_id_course_id_run")
        ),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("enrollments", schema=None) as batch_op:
        batch_op.create_index("ix_enrollments_course_id_state", ["course_id", "state"], unique=False)
        batch_op.create_index(
            "ix_enrollments_due",
            ["next_due_at"],
            unique=False,
            sqlite_where=sa.text("state = 'active' AND held_reason IS NULL AND next_due_at IS NOT NULL"),
            postgresql_where=sa.text("state = 'active' AND held_reason IS NULL AND next_due_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_enrollments_held",
            ["held_at"],
            unique=False,
            sqlite_where=sa.text("held_reason IS NOT NULL"),
            postgresql_where=sa.text("held_reason IS NOT NULL"),
        )

    op.create_table(
        "skips",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("enrollment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("slot", sa.DateTime(timezone=True), nullable=False, comment="of the letter that she skipped"),
        sa.Column("before", sa.DateTime(timezone=True), nullable=True, comment="last_slot_at until then"),
        sa.ForeignKeyConstraint(
            ["enrollment_id"],
            ["enrollments.id"],
            name=op.f("fk_skips_enrollment_id_enrollments"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_skips")),
        sa.UniqueConstraint("enrollment_id", "slot", name=op.f("uq_skips_enrollment_id_slot")),
        comment="a skip that she can take back",
    )
    op.create_table(
        "lesson_revisions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lesson_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("preheader", sa.String(length=300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("practice", sa.Text(), nullable=False),
        sa.Column("reflection", sa.Text(), nullable=False),
        sa.Column(
            "ask", sa.Text(), server_default="", nullable=False, comment="one question for a yes or a no; empty: none"
        ),
        sa.Column("sources", sa.Text(), nullable=False, comment="JSON array"),
        sa.Column("digest", sa.String(length=64), nullable=False, comment="of the text, to see what an owner changed"),
        sa.Column("origin", sa.String(length=10), nullable=False, comment="shipped or owner"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("origin IN ('shipped', 'owner')", name=op.f("ck_lesson_revisions_origin")),
        sa.CheckConstraint("role IN ('opening', 'weekly', 'closing')", name=op.f("ck_lesson_revisions_role")),
        sa.ForeignKeyConstraint(
            ["lesson_id"], ["lessons.id"], name=op.f("fk_lesson_revisions_lesson_id_lessons"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lesson_revisions")),
    )
    with op.batch_alter_table("lesson_revisions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lesson_revisions_lesson_id"), ["lesson_id"], unique=False)

    op.create_table(
        "course_revision_lessons",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("course_revision_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lesson_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lesson_revision_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "timing",
            sa.Text(),
            server_default="",
            nullable=False,
            comment="JSON: its own delay or date; empty: as usual",
        ),
        sa.Column(
            "since",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when this lesson first stood in a published order; NULL in a draft: not yet",
        ),
        sa.Column(
            "late",
            sa.String(length=10),
            server_default="upcoming",
            nullable=False,
            comment="who else gets it: domain/path.py",
        ),
        sa.Column("condition", sa.Text(), server_default="", nullable=False, comment="a segment; empty: everybody"),
        sa.CheckConstraint("late IN ('upcoming', 'finished', 'nobody')", name=op.f("ck_course_revision_lessons_late")),
        sa.ForeignKeyConstraint(
            ["course_revision_id"],
            ["course_revisions.id"],
            name=op.f("fk_course_revision_lessons_course_revision_id_course_revisions"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["lesson_id"], ["lessons.id"], name=op.f("fk_course_revision_lessons_lesson_id_lessons"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["lesson_revision_id"],
            ["lesson_revisions.id"],
            name=op.f("fk_course_revision_lessons_lesson_revision_id_lesson_revisions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_revision_lessons")),
        sa.UniqueConstraint(
            "course_revision_id", "lesson_id", name=op.f("uq_course_revision_lessons_course_revision_id_lesson_id")
        ),
        sa.UniqueConstraint(
            "course_revision_id", "position", name=op.f("uq_course_revision_lessons_course_revision_id_position")
        ),
    )
    with op.batch_alter_table("course_revision_lessons", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_course_revision_lessons_lesson_id"), ["lesson_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_course_revision_lessons_lesson_revision_id"), ["lesson_revision_id"], unique=False
        )

    op.create_table(
        "deliveries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column(
            "reason",
            sa.String(length=60),
            nullable=True,
            comment="why it was skipped; while it waits: for what",
        ),
        sa.Column("subscriber_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "subscription_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
            comment="of the same subscriber",
        ),
        sa.Column("campaign_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("enrollment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("lesson_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("lesson_revision_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("occasion", sa.Integer(), nullable=True, comment="0 is the course's own; 1 and up were asked for"),
        sa.Column(
            "test_address",
            sa.String(length=254),
            nullable=True,
            comment="where a test or a notice goes; other mail goes to its subscriber",
        ),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="machine time; the limits on confirmations count it",
        ),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True, comment="machine time"),
        sa.Column(
            "attempt", sa.Integer(), server_default="0", nullable=False, comment="claims so far; a settle names its own"
        ),
        sa.Column(
            "tries", sa.Integer(), server_default="0", nullable=False, comment="attempts that count: the relay was up"
        ),
        sa.Column("first_try_at", sa.DateTime(timezone=True), nullable=True, comment="machine time"),
        sa.Column(
            "orphaned",
            sa.SmallInteger(),
            server_default="0",
            nullable=False,
            comment="senders lost in a row with this one in hand; from 2 on it goes alone",
        ),
        sa.Column("leased_by", sa.String(length=120), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True, comment="machine time"),
        sa.Column("message_id", sa.String(length=120), nullable=True, comment="one for every retry"),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True, comment="machine time"),
        sa.Column("reply", sa.String(length=300), nullable=True, comment="the server's words, addresses masked"),
        sa.CheckConstraint(
            "(subscriber_id IS NULL) = (kind IN ('test', 'notice'))", name=op.f("ck_deliveries_somebody")
        ),
        sa.CheckConstraint(
            "(kind = 'campaign' OR kind = 'lesson' OR kind = 'confirmation' OR kind = 'reminder' OR "
            "kind = 'preferences' OR kind = 'test' OR kind = 'notice')",
            name=op.f("ck_deliveries_kind"),
        ),
        sa.CheckConstraint(
            "(state = 'sending' OR state = 'sent' OR state = 'queued' OR state = 'deferred' OR "
            "state = 'uncertain' OR state = 'failed' OR state = 'skipped' OR state = 'expired')",
            name=op.f("ck_deliveries_state"),
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_deliveries_campaign_id_campaigns"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["enrollment_id"],
            ["enrollments.id"],
            name=op.f("fk_deliveries_enrollment_id_enrollments"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["lesson_id"], ["lessons.id"], name=op.f("fk_deliveries_lesson_id_lessons")),
        sa.ForeignKeyConstraint(
            ["lesson_revision_id"],
            ["lesson_revisions.id"],
            name=op.f("fk_deliveries_lesson_revision_id_lesson_revisions"),
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_deliveries_subscriber_id_subscribers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index(
            "uq_deliveries_campaign_id_subscriber_id",
            ["campaign_id", "subscriber_id"],
            unique=True,
            sqlite_where=sa.text("campaign_id IS NOT NULL"),
            postgresql_where=sa.text("campaign_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_deliveries_campaign_id_state",
            ["campaign_id", "state", "kind"],
            unique=False,
            sqlite_where=sa.text("campaign_id IS NOT NULL"),
            postgresql_where=sa.text("campaign_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_deliveries_in_one_mail",
            ["campaign_id", "subscriber_id"],
            unique=False,
            sqlite_where=sa.text("reason LIKE 'in one mail: %' OR reason = 'several campaigns in one mail'"),
            postgresql_where=sa.text("reason LIKE 'in one mail: %' OR reason = 'several campaigns in one mail'"),
        )
        batch_op.create_index(
            "ix_deliveries_ended",
            ["state", "settled_at", "enrollment_id", "lesson_id", "occasion"],
            unique=False,
            sqlite_where=sa.text("(state = 'failed' OR state = 'skipped' OR state = 'expired')"),
            postgresql_where=sa.text("(state = 'failed' OR state = 'skipped' OR state = 'expired')"),
        )
        batch_op.create_index(
            "ix_deliveries_suspect",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("orphaned > 1"),
            postgresql_where=sa.text("orphaned > 1"),
        )
        batch_op.create_index(
            "ix_deliveries_urgent",
            ["kind"],
            unique=False,
            sqlite_where=sa.text("priority = 0"),
            postgresql_where=sa.text("priority = 0"),
        )
        batch_op.create_index(
            "ix_deliveries_sent_at",
            ["sent_at", "kind"],
            unique=False,
            sqlite_where=sa.text("sent_at IS NOT NULL"),
            postgresql_where=sa.text("sent_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_deliveries_leased",
            ["lease_until"],
            unique=False,
            sqlite_where=sa.text("state = 'sending'"),
            postgresql_where=sa.text("state = 'sending'"),
        )
        batch_op.create_index(
            "uq_deliveries_public_id",
            ["public_id"],
            unique=True,
            sqlite_where=sa.text("kind <> 'campaign' AND coalesce(occasion, 1) > 0"),
            postgresql_where=sa.text("kind <> 'campaign' AND coalesce(occasion, 1) > 0"),
        )
        batch_op.create_index(
            "uq_deliveries_lesson",
            ["enrollment_id", "lesson_id", "occasion"],
            unique=True,
            sqlite_where=sa.text("enrollment_id IS NOT NULL"),
            postgresql_where=sa.text("enrollment_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_deliveries_lesson_id",
            ["lesson_id"],
            unique=False,
            sqlite_where=sa.text("lesson_id IS NOT NULL"),
            postgresql_where=sa.text("lesson_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_deliveries_lesson_revision_id",
            ["lesson_revision_id"],
            unique=False,
            sqlite_where=sa.text("lesson_revision_id IS NOT NULL"),
            postgresql_where=sa.text("lesson_revision_id IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_deliveries_subscriber_id"), ["subscriber_id"], unique=False)
        batch_op.create_index(
            "ix_deliveries_waiting",
            ["priority", "due_at", "id"],
            unique=False,
            sqlite_where=sa.text("(state = 'queued' OR state = 'deferred' OR state = 'uncertain')"),
            postgresql_where=sa.text("(state = 'queued' OR state = 'deferred' OR state = 'uncertain')"),
        )

    op.create_table(
        "subscriber_tags",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subscriber_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tag", sa.String(length=40), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_subscriber_tags_subscriber_id_subscribers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriber_tags")),
        sa.UniqueConstraint("subscriber_id", "tag", name=op.f("uq_subscriber_tags_subscriber_id_tag")),
        comment="a word that the owner keeps of a person",
    )
    op.create_table(
        "answers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subscriber_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lesson_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("said", sa.String(length=3), nullable=False),
        sa.Column("question", sa.Text(), nullable=False, comment="the words that she answered"),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("said IN ('yes', 'no')", name=op.f("ck_answers_said")),
        sa.ForeignKeyConstraint(
            ["lesson_id"], ["lessons.id"], name=op.f("fk_answers_lesson_id_lessons"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_answers_subscriber_id_subscribers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answers")),
        sa.UniqueConstraint("subscriber_id", "lesson_id", name=op.f("uq_answers_subscriber_id_lesson_id")),
        comment="what she answered to a lesson's question, until she takes it back",
    )
    with op.batch_alter_table("answers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_answers_lesson_id"), ["lesson_id"], unique=False)

    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False, comment="1, 2, 3, … without a gap"),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("course_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subscriber_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("enrollment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("kind IN ('course.finished')", name=op.f("ck_events_kind")),
        sa.ForeignKeyConstraint(
            ["course_id"], ["courses.id"], name=op.f("fk_events_course_id_courses"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["enrollment_id"],
            ["enrollments.id"],
            name=op.f("fk_events_enrollment_id_enrollments"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_events_subscriber_id_subscribers"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sa.UniqueConstraint("enrollment_id", "kind", name=op.f("uq_events_enrollment_id_kind")),
        sa.UniqueConstraint("number", name=op.f("uq_events_number")),
        comment="append-only: what others may want to hear of; of who was erased, only that it happened",
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_events_course_id"), ["course_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_events_subscriber_id"), ["subscriber_id"], unique=False)

    op.create_table(
        "notices",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("delivery_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("story", sa.Text(), nullable=False, comment="JSON array of paragraphs"),
        sa.Column("step", sa.String(length=60), nullable=False, comment="the words of the link"),
        sa.Column("path", sa.String(length=200), nullable=False, comment="where in the studio it leads"),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_notices_delivery_id_deliveries"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("delivery_id", name=op.f("uq_notices_delivery_id")),
    )
