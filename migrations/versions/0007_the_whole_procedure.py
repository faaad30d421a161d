"""Moderation as a whole procedure: notices, appeals, masked originals, merges, audits, what triage learned.

Revision: 0007, after 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

FOR = "('publish', 'restore', 'keep', 'open_thread')"
CHECKS = {
    "known_decision": "decision IN ('publish', 'publish_masked', 'reject', 'hide', 'restore', 'keep', "
    "'close_thread', 'open_thread')",
    "known_origin": "origin IN ('own', 'notice', 'appeal', 'audit', 'import', 'triage')",
    "kind_fits_subject": "(thread_id IS NOT NULL) = (decision IN ('close_thread', 'open_thread'))",
    "reasons_given": f"(decision IN {FOR} AND origin <> 'appeal') OR length(reasons) >= 20 OR origin = 'import'",
    "rule_named": f"decision IN {FOR} OR rule_id IS NOT NULL OR origin = 'import'",
}
NEW_CHECKS = {
    "notice_named": "(origin = 'notice') = (notice_id IS NOT NULL)",
    "appeal_named": "(origin = 'appeal') = (appeal_id IS NOT NULL)",
    "appeal_answered": "origin <> 'appeal' OR decision IN ('restore', 'keep')",
}
# Nobody decides about their own words, and nobody judges their own judgement, whoever sends the statement.
DECISION_FAIR = """
CREATE FUNCTION decision_fair() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    contested uuid;
BEGIN
    IF EXISTS (
        SELECT FROM comments JOIN actors ON actors.person_id = comments.author_id
        WHERE comments.id = NEW.comment_id AND actors.id = NEW.actor_id
    ) THEN
        RAISE check_violation USING MESSAGE = 'decisions: about one''s own contribution';
    END IF;
    IF NEW.origin = 'appeal' THEN
        IF NOT EXISTS (
            SELECT FROM appeals WHERE id = NEW.appeal_id AND comment_id = NEW.comment_id AND settled_at IS NULL
        ) THEN
            RAISE check_violation USING MESSAGE = 'decisions: no open appeal of this contribution';
        END IF;
        SELECT actor_id INTO contested FROM decisions
        WHERE id = (SELECT decision_id FROM appeals WHERE id = NEW.appeal_id);
    ELSIF NEW.decision = 'restore' THEN
        SELECT actor_id INTO contested FROM decisions
        WHERE comment_id = NEW.comment_id AND decision IN ('reject', 'hide', 'publish_masked')
        ORDER BY id DESC LIMIT 1;
    END IF;
    IF contested = NEW.actor_id THEN
        RAISE check_violation USING MESSAGE = 'decisions: against one''s own decision';
    END IF;
    RETURN NEW;
END
$$
"""
FAIR_TRIGGER = """
CREATE TRIGGER decision_fair BEFORE INSERT ON decisions FOR EACH ROW EXECUTE FUNCTION decision_fair()
"""
# A contribution moves under another entry by a merge, and back: two levels, one thread, no third one left behind.
COMMENT_PLACE = """
CREATE FUNCTION comment_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.parent_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM comments WHERE id = NEW.parent_id AND thread_id = NEW.thread_id AND parent_id IS NULL
    ) OR NEW.parent_id IS NOT NULL AND EXISTS (SELECT FROM comments WHERE parent_id = NEW.id) THEN
        RAISE check_violation USING MESSAGE = 'comments: an entry of its thread has two levels';
    END IF;
    RETURN NULL;
END
$$
"""
PLACE_TRIGGER = """
CREATE CONSTRAINT TRIGGER comment_place AFTER UPDATE OF parent_id ON comments DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION comment_place()
"""

# What waits already is as urgent as its signs say (moderation/triage/levels.py).
URGENCY = """
UPDATE comments SET urgency = CASE
    WHEN signs @> '[{"kind": "insult"}]' OR signs @> '[{"kind": "personal"}]' THEN 2 ELSE 1 END
WHERE status = 'pending' AND signs <> '[]'
"""


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    _ground()
    _decisions()
    _decided()
    _triage()
    _told()


def _ground() -> None:
    op.add_column("comments", sa.Column("urgency", sa.SmallInteger(), server_default="0", nullable=False))
    op.add_column("comments", sa.Column("erased_at", sa.DateTime(timezone=True)))
    op.execute(URGENCY)
    op.create_check_constraint(op.f("ck_comments_known_urgency"), "comments", "urgency BETWEEN 0 AND 2")
    op.create_check_constraint(
        op.f("ck_comments_erased_text_is_gone"), "comments", "erased_at IS NULL OR text = 'gelöscht'"
    )
    pending = sa.text("status = 'pending'")
    op.drop_index("ix_comments_waiting", "comments")
    for name, order in (("", [sa.text("(- urgency)")]), ("_longest", [])):
        columns = [*order, "created_at", "id"]
        op.create_index(f"ix_comments_waiting{name}", "comments", columns, postgresql_where=pending)
    op.create_index(
        "ix_comments_erased",
        "comments",
        ["thread_id", "erased_at"],
        postgresql_where=sa.text("erased_at IS NOT NULL"),
    )
    op.add_column("threads", sa.Column("section", sa.Text(), server_default="", nullable=False))
    op.add_column("threads", sa.Column("closed_at", sa.DateTime(timezone=True)))
    op.drop_index(op.f("ix_votes_person_id"), "votes")
    op.create_index("ix_votes_person_id_cast_at", "votes", ["person_id", "cast_at"])
    op.execute(COMMENT_PLACE)
    op.execute(PLACE_TRIGGER)


def _decisions() -> None:
    op.add_column("decisions", sa.Column("detected", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("decisions", sa.Column("appeal_id", sa.BigInteger()))
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_decisions_{name}"), "decisions", type_="check")
    for name, check in (CHECKS | NEW_CHECKS).items():
        op.create_check_constraint(op.f(f"ck_decisions_{name}"), "decisions", check)
    op.create_index("ix_decisions_decided_at", "decisions", ["decided_at"])
    op.create_index(
        "uq_decisions_appeal_id",
        "decisions",
        ["appeal_id"],
        unique=True,
        postgresql_where=sa.text("appeal_id IS NOT NULL"),
    )


def _decided() -> None:
    op.create_table(
        "appeals",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("decision_id", sa.BigInteger(), nullable=False),
        sa.Column("comment_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("answer_id", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "answer_id IS NULL OR settled_at IS NOT NULL", name=op.f("ck_appeals_answered_is_settled")
        ),
        sa.ForeignKeyConstraint(["answer_id"], ["decisions.id"], name=op.f("fk_appeals_answer_id_decisions")),
        sa.ForeignKeyConstraint(["comment_id"], ["comments.id"], name=op.f("fk_appeals_comment_id_comments")),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decisions.id"], name=op.f("fk_appeals_decision_id_decisions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeals")),
        sa.UniqueConstraint("answer_id", name=op.f("uq_appeals_answer_id")),
        sa.UniqueConstraint("decision_id", name=op.f("uq_appeals_decision_id")),
    )
    op.create_index(op.f("ix_appeals_comment_id"), "appeals", ["comment_id"], unique=False)
    op.create_index(
        "ix_appeals_open",
        "appeals",
        ["created_at", "id"],
        unique=False,
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.create_table(
        "flags",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("comment_id", sa.BigInteger(), nullable=False),
        sa.Column("reporter_id", sa.BigInteger(), nullable=True),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("once", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=True),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("decision_id", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "category IN ('insult', 'hate', 'personal', 'unlawful', 'spam', 'false', 'other')",
            name=op.f("ck_flags_known_category"),
        ),
        sa.CheckConstraint(
            "decision_id IS NULL OR settled_at IS NOT NULL", name=op.f("ck_flags_decided_is_settled")
        ),
        sa.ForeignKeyConstraint(["comment_id"], ["comments.id"], name=op.f("fk_flags_comment_id_comments")),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decisions.id"], name=op.f("fk_flags_decision_id_decisions")
        ),
        sa.ForeignKeyConstraint(
            ["reporter_id"], ["people.id"], name=op.f("fk_flags_reporter_id_people"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flags")),
        sa.UniqueConstraint("comment_id", "key", name=op.f("uq_flags_comment_id_key")),
        sa.UniqueConstraint("number", name=op.f("uq_flags_number")),
    )
    op.create_index(op.f("ix_flags_comment_id"), "flags", ["comment_id"], unique=False)
    op.create_index(
        "ix_flags_open",
        "flags",
        ["created_at", "id"],
        unique=False,
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.create_index(op.f("ix_flags_reporter_id"), "flags", ["reporter_id"], unique=False)
    op.create_table(
        "originals",
        sa.Column("decision_id", sa.BigInteger(), nullable=False),
        sa.Column("comment_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("masked_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_originals_comment_id_comments"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decisions.id"], name=op.f("fk_originals_decision_id_decisions")
        ),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_originals")),
    )
    op.create_index(op.f("ix_originals_comment_id"), "originals", ["comment_id"], unique=False)
    op.execute(DECISION_FAIR)
    op.execute(FAIR_TRIGGER)


def _triage() -> None:
    op.create_table(
        "triage_models",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("data_digest", sa.Text(), nullable=False),
        sa.Column("figures", JSONB(), nullable=False),
        sa.Column("weights", sa.LargeBinary(), nullable=False),
        sa.Column("trained_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_triage_models")),
    )
    op.create_table(
        "merges",
        sa.Column("comment_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("into_id", sa.BigInteger(), nullable=False),
        sa.Column("replies", sa.ARRAY(sa.BigInteger()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_merges_comment_id_comments"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["into_id"], ["comments.id"], name=op.f("fk_merges_into_id_comments"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("comment_id", name=op.f("pk_merges")),
    )
    op.create_index(op.f("ix_merges_into_id"), "merges", ["into_id"], unique=False)
    op.create_table(
        "audits",
        sa.Column("comment_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("drawn_on", sa.Date(), nullable=False),
        sa.Column("decision_id", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_audits_comment_id_comments"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decisions.id"], name=op.f("fk_audits_decision_id_decisions")
        ),
        sa.PrimaryKeyConstraint("comment_id", name=op.f("pk_audits")),
    )
    op.create_index(
        "ix_audits_open",
        "audits",
        ["drawn_on", "comment_id"],
        unique=False,
        postgresql_where=sa.text("settled_at IS NULL"),
    )


def _told() -> None:
    op.create_table(
        "challenges",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_challenges")),
    )
    op.create_table(
        "journal_heads",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_journal_heads")),
    )
    op.create_table(
        "digests",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rhythm", sa.Text(), server_default="hourly", nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "rhythm IN ('at_once', 'hourly', 'daily', 'never')", name=op.f("ck_digests_known_rhythm")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_digests_person_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_digests")),
    )
    op.create_table(
        "vote_hints",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("thread_id", sa.BigInteger(), nullable=False),
        sa.Column("comment_id", sa.BigInteger(), nullable=True),
        sa.Column("detail", JSONB(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("kind IN ('burst', 'alike')", name=op.f("ck_vote_hints_known_kind")),
        sa.ForeignKeyConstraint(
            ["comment_id"],
            ["comments.id"],
            name=op.f("fk_vote_hints_comment_id_comments"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["thread_id"], ["threads.id"], name=op.f("fk_vote_hints_thread_id_threads"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vote_hints")),
        sa.UniqueConstraint(
            "kind",
            "thread_id",
            "comment_id",
            "day",
            name=op.f("uq_vote_hints_kind_thread_id_comment_id_day"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(op.f("ix_vote_hints_comment_id"), "vote_hints", ["comment_id"], unique=False)
    op.create_index(op.f("ix_vote_hints_thread_id"), "vote_hints", ["thread_id"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("Meldungen und Beschwerden gingen verloren; bitte die Sicherung zurückspielen.")
