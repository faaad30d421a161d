"""The first schema: every table, the journal's chain, the job queue.

Revision: 0001
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# hash = SHA-256 of {"entry":BODY,"id":ID,"prev":"HEX"}; the lock makes writers wait for each other,
# so that the chain cannot fork, and the trigger overwrites whatever id or hash a writer sends.
JOURNAL_CHAIN = """
CREATE FUNCTION journal_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last record;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('journal'));
    SELECT id, hash INTO last FROM journal ORDER BY id DESC LIMIT 1;
    NEW.id := coalesce(last.id, 0) + 1;
    NEW.prev := coalesce(last.hash, decode(repeat('00', 32), 'hex'));
    NEW.hash := sha256(convert_to(
        '{"entry":' || NEW.body || ',"id":' || NEW.id || ',"prev":"' || encode(NEW.prev, 'hex') || '"}', 'UTF8'
    ));
    RETURN NEW;
END
$$
"""
JOURNAL_TRIGGER = """
CREATE TRIGGER journal_chain BEFORE INSERT ON journal FOR EACH ROW EXECUTE FUNCTION journal_chain()
"""
# What no statement may do, whoever sends it: other ways between statuses, a third level, a reply elsewhere.
COMMENT_RULES = """
CREATE FUNCTION comment_rules() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.status || ' ' || NEW.status NOT IN (
        'pending published', 'pending rejected', 'pending withdrawn', 'published hidden',
        'published withdrawn', 'hidden published', 'rejected published'
    ) THEN
        RAISE check_violation USING MESSAGE = 'comments: from ' || OLD.status || ' to ' || NEW.status;
    END IF;
    IF TG_OP = 'INSERT' AND NOT EXISTS (
        SELECT FROM comments WHERE id = NEW.parent_id AND thread_id = NEW.thread_id AND parent_id IS NULL
    ) THEN
        RAISE check_violation USING MESSAGE = 'comments: a reply answers a contribution of its thread';
    END IF;
    RETURN NULL;
END
$$
"""
STATUS_TRIGGER = """
CREATE TRIGGER comment_status AFTER UPDATE OF status ON comments FOR EACH ROW
WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION comment_rules()
"""
REPLY_TRIGGER = """
CREATE TRIGGER comment_reply AFTER INSERT ON comments FOR EACH ROW
WHEN (NEW.parent_id IS NOT NULL) EXECUTE FUNCTION comment_rules()
"""


def upgrade() -> None:
    op.create_table(
        "areas",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_areas")),
        sa.UniqueConstraint("key", name=op.f("uq_areas_key")),
        sa.UniqueConstraint("slug", name=op.f("uq_areas_slug")),
    )
    op.create_table(
        "attempts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("limit", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    op.create_index("ix_attempts_limit_key_at", "attempts", ["limit", "key", "at"], unique=False)
    op.create_table(
        "journal",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column(
            "subject", sa.Text(), sa.Computed("(body::jsonb) ->> 'subject'", persisted=True), nullable=False
        ),
        sa.Column("prev", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal")),
        sa.UniqueConstraint("hash", name=op.f("uq_journal_hash")),
        sa.UniqueConstraint("prev", name=op.f("uq_journal_prev")),
    )
    op.create_index(op.f("ix_journal_subject"), "journal", ["subject"], unique=False)
    op.create_table(
        "people",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source", sa.Text(), server_default="account", nullable=False),
        sa.Column("pseudonym", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("blocked_why", sa.Text(), nullable=True),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("age_band", sa.Text(), nullable=True),
        sa.Column("external", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "source IN ('account', 'guest', 'import', 'paper')", name=op.f("ck_people_known_source")
        ),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_people_email_lower")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("email", name=op.f("uq_people_email")),
        sa.UniqueConstraint("external", name=op.f("uq_people_external")),
        sa.UniqueConstraint("pseudonym", name=op.f("uq_people_pseudonym")),
    )
    op.create_table(
        "rulebooks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("intro", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rulebooks")),
        sa.UniqueConstraint("version", name=op.f("uq_rulebooks_version")),
    )
    op.create_table(
        "terms",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("sections", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terms")),
        sa.UniqueConstraint("version", name=op.f("uq_terms_version")),
    )
    op.create_table(
        "threads",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sealed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checks_first", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("guests_write", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("guests_vote", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("closes_at > opens_at", name=op.f("ck_threads_ends_after_start")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_threads")),
    )
    op.create_table(
        "actors",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_actors_person_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_actors")),
        sa.UniqueConstraint("person_id", name=op.f("uq_actors_person_id")),
    )
    op.create_table(
        "comments",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("thread_id", sa.BigInteger(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.Text(), server_default="account", nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "signs", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False
        ),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=True),
        sa.Column("once", sa.Uuid(), nullable=True),
        sa.Column("example", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unpublished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status = 'published') <= (published_at IS NOT NULL)",
            name=op.f("ck_comments_published_has_moment"),
        ),
        sa.CheckConstraint(
            "source IN ('account', 'guest', 'import', 'paper')", name=op.f("ck_comments_known_source")
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'published', 'rejected', 'hidden', 'withdrawn')",
            name=op.f("ck_comments_known_status"),
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["people.id"], name=op.f("fk_comments_author_id_people"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["comments.id"], name=op.f("fk_comments_parent_id_comments")),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name=op.f("fk_comments_thread_id_threads")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
        sa.UniqueConstraint("author_id", "once", name="uq_comments_author_id_once"),
        sa.UniqueConstraint("number", name=op.f("uq_comments_number")),
    )
    op.create_index("ix_comments_author_id_created_at", "comments", ["author_id", "created_at"], unique=False)
    op.create_index(
        "ix_comments_left_top",
        "comments",
        ["thread_id", sa.text("published_at DESC"), sa.text("id DESC")],
        unique=False,
        postgresql_where=sa.text("status IN ('hidden', 'withdrawn') AND parent_id IS NULL"),
    )
    op.create_index(
        "ix_comments_parent_id",
        "comments",
        ["parent_id"],
        unique=False,
        postgresql_where=sa.text("parent_id IS NOT NULL"),
    )
    op.create_index(
        "ix_comments_public_top",
        "comments",
        ["thread_id", sa.literal_column("published_at DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("status = 'published' AND parent_id IS NULL"),
    )
    op.create_index("ix_comments_thread_id_status", "comments", ["thread_id", "status"], unique=False)
    op.create_index(
        "ix_comments_unpublished",
        "comments",
        ["thread_id", "unpublished_at"],
        unique=False,
        postgresql_where=sa.text("status <> 'published' AND unpublished_at IS NOT NULL"),
    )
    op.create_index(
        "ix_comments_waiting",
        "comments",
        ["created_at", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_table(
        "consents",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("terms_id", sa.BigInteger(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_consents_person_id_people"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["terms_id"], ["terms.id"], name=op.f("fk_consents_terms_id_terms")),
        sa.PrimaryKeyConstraint("person_id", "terms_id", name=op.f("pk_consents")),
    )
    op.create_table(
        "consultations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("lead", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("checks_first", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("sealed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rulebook_id", sa.BigInteger(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("import_digest", sa.Text(), nullable=True),
        sa.Column("attribution", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "results", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'", name=op.f("ck_consultations_plain_slug")),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_consultations_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["rulebook_id"], ["rulebooks.id"], name=op.f("fk_consultations_rulebook_id_rulebooks")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultations")),
        sa.UniqueConstraint("import_digest", name=op.f("uq_consultations_import_digest")),
        sa.UniqueConstraint("slug", name=op.f("uq_consultations_slug")),
    )
    op.create_table(
        "grants",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "role IN ('moderator', 'editor', 'panelist', 'committee', 'admin')",
            name=op.f("ck_grants_known_role"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_grants_person_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", "role", name=op.f("pk_grants")),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("args", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.Text(), server_default="queued", nullable=False),
        sa.Column("progress", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'done', 'failed')", name=op.f("ck_jobs_known_status")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_jobs_person_id_people"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index(op.f("ix_jobs_person_id"), "jobs", ["person_id"], unique=False)
    op.create_table(
        "links",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("purpose IN ('confirm', 'reset', 'invite')", name=op.f("ck_links_known_purpose")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_links_person_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_links")),
    )
    op.create_index(op.f("ix_links_person_id"), "links", ["person_id"], unique=False)
    op.create_table(
        "measures",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("area_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("until", sa.Text(), nullable=False),
        sa.Column("cost", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("state IN ('planned', 'running', 'done')", name=op.f("ck_measures_known_state")),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_measures_area_id_areas")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measures")),
        sa.UniqueConstraint("code", name=op.f("uq_measures_code")),
    )
    op.create_index(op.f("ix_measures_area_id"), "measures", ["area_id"], unique=False)
    op.create_table(
        "rules",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("rulebook_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("easy", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rulebook_id"], ["rulebooks.id"], name=op.f("fk_rules_rulebook_id_rulebooks")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rules")),
    )
    op.create_index("uq_rules_rulebook_id_number", "rules", ["rulebook_id", "number"], unique=True)
    op.create_table(
        "sign_ins",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("staff", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_sign_ins_person_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_ins")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_ins_token_hash")),
    )
    op.create_index(op.f("ix_sign_ins_person_id"), "sign_ins", ["person_id"], unique=False)
    op.create_table(
        "stances",
        sa.Column("thread_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.SmallInteger(), nullable=False),
        sa.Column("source", sa.Text(), server_default="account", nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "source IN ('account', 'guest', 'import', 'paper')", name=op.f("ck_stances_known_source")
        ),
        sa.CheckConstraint("value BETWEEN -1 AND 1", name=op.f("ck_stances_known_value")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_stances_person_id_people"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name=op.f("fk_stances_thread_id_threads")),
        sa.PrimaryKeyConstraint("thread_id", "person_id", name=op.f("pk_stances")),
    )
    op.create_index(op.f("ix_stances_person_id"), "stances", ["person_id"], unique=False)
    op.create_table(
        "thread_rulebooks",
        sa.Column("thread_id", sa.BigInteger(), nullable=False),
        sa.Column("rulebook_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rulebook_id"], ["rulebooks.id"], name=op.f("fk_thread_rulebooks_rulebook_id_rulebooks")
        ),
        sa.ForeignKeyConstraint(
            ["thread_id"],
            ["threads.id"],
            name=op.f("fk_thread_rulebooks_thread_id_threads"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("thread_id", name=op.f("pk_thread_rulebooks")),
    )
    op.create_table(
        "claims",
        sa.Column("comment_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_claims_comment_id_comments"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_claims_person_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("comment_id", name=op.f("pk_claims")),
    )
    op.create_index(op.f("ix_claims_person_id"), "claims", ["person_id"], unique=False)
    op.create_table(
        "decisions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("comment_id", sa.BigInteger(), nullable=True),
        sa.Column("thread_id", sa.BigInteger(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("snapshot", sa.LargeBinary(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.BigInteger(), nullable=True),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("automated", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("notice_id", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "decision IN ('publish', 'publish_masked', 'reject', 'hide', 'restore', 'close_thread')",
            name=op.f("ck_decisions_known_decision"),
        ),
        sa.CheckConstraint(
            "origin IN ('own', 'notice', 'appeal', 'import', 'triage')",
            name=op.f("ck_decisions_known_origin"),
        ),
        sa.CheckConstraint("num_nonnulls(comment_id, thread_id) = 1", name=op.f("ck_decisions_one_subject")),
        sa.CheckConstraint(
            "(thread_id IS NOT NULL) = (decision = 'close_thread')",
            name=op.f("ck_decisions_kind_fits_subject"),
        ),
        sa.CheckConstraint(
            "(comment_id IS NULL) = (revision IS NULL)", name=op.f("ck_decisions_revision_of_comment")
        ),
        sa.CheckConstraint(
            "decision IN ('publish', 'restore') OR length(reasons) >= 20 OR origin = 'import'",
            name=op.f("ck_decisions_reasons_given"),
        ),
        sa.CheckConstraint(
            "decision IN ('publish', 'restore') OR rule_id IS NOT NULL OR origin = 'import'",
            name=op.f("ck_decisions_rule_named"),
        ),
        sa.CheckConstraint(
            "actor_id IS NOT NULL OR origin IN ('import', 'triage')", name=op.f("ck_decisions_person_known")
        ),
        sa.CheckConstraint(
            "NOT automated OR decision = 'publish'", name=op.f("ck_decisions_only_people_reject")
        ),
        sa.CheckConstraint("automated = (origin = 'triage')", name=op.f("ck_decisions_automated_is_triage")),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_decisions_comment_id_comments")
        ),
        sa.ForeignKeyConstraint(["rule_id"], ["rules.id"], name=op.f("fk_decisions_rule_id_rules")),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name=op.f("fk_decisions_thread_id_threads")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
    )
    op.create_index(op.f("ix_decisions_comment_id"), "decisions", ["comment_id"], unique=False)
    op.create_index(op.f("ix_decisions_thread_id"), "decisions", ["thread_id"], unique=False)
    op.create_index("uq_decisions_comment_id_revision", "decisions", ["comment_id", "revision"], unique=True)
    op.create_table(
        "examples",
        sa.Column("consultation_id", sa.BigInteger(), nullable=False),
        sa.Column("stands_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consultation_id"],
            ["consultations.id"],
            name=op.f("fk_examples_consultation_id_consultations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("consultation_id", name=op.f("pk_examples")),
    )
    op.create_table(
        "exports",
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("consultation_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), server_default="", nullable=False),
        sa.Column("sha256", sa.Text(), server_default="", nullable=False),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("rows", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultations.id"], name=op.f("fk_exports_consultation_id_consultations")
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_exports_job_id_jobs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_exports")),
    )
    op.create_index(op.f("ix_exports_consultation_id"), "exports", ["consultation_id"], unique=False)
    op.create_index("ix_exports_withdrawn_at", "exports", ["withdrawn_at"], unique=False)
    op.create_table(
        "phases",
        sa.Column("consultation_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('information', 'participation', 'evaluation', 'result')",
            name=op.f("ck_phases_known_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["consultation_id"],
            ["consultations.id"],
            name=op.f("fk_phases_consultation_id_consultations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("consultation_id", "kind", name=op.f("pk_phases")),
    )
    op.create_table(
        "points",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("area_id", sa.BigInteger(), nullable=True),
        sa.Column("consultation_id", sa.BigInteger(), nullable=False),
        sa.Column("thread_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("rationale", sa.Text(), nullable=False),
        sa.Column("easy", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "documents",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("code ~ '^[A-Z]+[0-9]+$'", name=op.f("ck_points_plain_code")),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_points_area_id_areas")),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultations.id"], name=op.f("fk_points_consultation_id_consultations")
        ),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name=op.f("fk_points_thread_id_threads")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points")),
        sa.UniqueConstraint("code", name=op.f("uq_points_code")),
        sa.UniqueConstraint("thread_id", name=op.f("uq_points_thread_id")),
    )
    op.create_index(op.f("ix_points_area_id"), "points", ["area_id"], unique=False)
    op.create_index(op.f("ix_points_consultation_id"), "points", ["consultation_id"], unique=False)
    op.create_table(
        "sentiments",
        sa.Column("comment_id", sa.BigInteger(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("polarity", sa.Double(), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("scored_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "label IN ('negative', 'neutral', 'positive', 'none')", name=op.f("ck_sentiments_known_label")
        ),
        sa.ForeignKeyConstraint(
            ["comment_id"],
            ["comments.id"],
            name=op.f("fk_sentiments_comment_id_comments"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("comment_id", "path", name=op.f("pk_sentiments")),
    )
    op.create_table(
        "votes",
        sa.Column("comment_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.SmallInteger(), nullable=False),
        sa.Column("source", sa.Text(), server_default="account", nullable=False),
        sa.Column("cast_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "source IN ('account', 'guest', 'import', 'paper')", name=op.f("ck_votes_known_source")
        ),
        sa.CheckConstraint("value BETWEEN -1 AND 1", name=op.f("ck_votes_known_value")),
        sa.ForeignKeyConstraint(["comment_id"], ["comments.id"], name=op.f("fk_votes_comment_id_comments")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_votes_person_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("comment_id", "person_id", name=op.f("pk_votes")),
    )
    op.create_index("ix_votes_person_id", "votes", ["person_id"], unique=False)
    op.create_table(
        "responses",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("comment_id", sa.BigInteger(), nullable=False),
        sa.Column("point_id", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('adopted', 'partly', 'not_adopted', 'another_office', 'already_covered')",
            name=op.f("ck_responses_known_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_responses_comment_id_comments")
        ),
        sa.ForeignKeyConstraint(["point_id"], ["points.id"], name=op.f("fk_responses_point_id_points")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_responses")),
        sa.UniqueConstraint("comment_id", name=op.f("uq_responses_comment_id")),
    )
    op.create_index(op.f("ix_responses_point_id"), "responses", ["point_id"], unique=False)

    for statement in (JOURNAL_CHAIN, JOURNAL_TRIGGER, COMMENT_RULES, STATUS_TRIGGER, REPLY_TRIGGER):
        op.execute(statement)
    queue = (Path(__file__).parent / "0001_pgqueuer.sql").read_text(encoding="utf-8")
    for statement in queue.split("\n--;\n"):
        op.execute(sa.text(statement.replace(":", r"\:")))


def downgrade() -> None:
    raise NotImplementedError("Vor der ersten Fassung liegt nichts; bitte die Sicherung zurückspielen.")
