"""Rows of the first floor: the Netiquette, claims, decisions, notices, appeals, and what triage learned."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from dialogue.kit.database import Base
from dialogue.kit.personal import CONSENT, DUTY, IMPERSONAL, personal
from dialogue.tables import ACCOUNT, Created, Id, Moment, Plain, one_of

DECISIONS = (
    "publish",
    "publish_masked",
    "reject",
    "hide",
    "restore",
    "keep",
    "close_thread",
    "open_thread",
)
ORIGINS = ("own", "notice", "appeal", "audit", "import", "triage")
OF_THREADS = "('close_thread', 'open_thread')"
# What takes nothing from anybody needs no rule, and no reasons unless it answers an appeal.
FOR = "('publish', 'restore', 'keep', 'open_thread')"
NEEDS_REASONS = f"(decision IN {FOR} AND origin <> 'appeal') OR length(reasons) >= 20 OR origin = 'import'"
NEEDS_RULE = f"decision IN {FOR} OR rule_id IS NOT NULL OR origin = 'import'"
NEEDS_PERSON = "actor_id IS NOT NULL OR origin IN ('import', 'triage')"
CATEGORIES = ("insult", "hate", "personal", "unlawful", "spam", "false", "other")
RHYTHMS = ("at_once", "hourly", "daily", "never")
APPEAL = "sechs Monate nach der Entscheidung"
NOTICE = "sechs Monate nach der Entscheidung über die Meldung"
# Only the database's owner could change a decision, so an erasure leaves it and takes the links to the person.
UNLINKED = "bleibt als Nachweis; der Beitrag verliert den Namen, die Kennung die Zuordnung"
PROOF = "zehn Jahre"


class Rulebook(Base):
    """A version of the Netiquette; no consultation opens without one."""

    __tablename__ = "rulebooks"
    id: Mapped[Id]
    version: Mapped[str] = mapped_column(Text, unique=True, info=IMPERSONAL)
    title: Mapped[Plain]
    intro: Mapped[Plain]
    valid_from: Mapped[Created]


class Rule(Base):
    """A numbered paragraph; a decision points to it and thereby to its version."""

    __tablename__ = "rules"
    id: Mapped[Id]
    rulebook_id: Mapped[int] = mapped_column(ForeignKey("rulebooks.id"))
    number: Mapped[int] = mapped_column(SmallInteger)
    title: Mapped[Plain]
    text: Mapped[Plain]
    easy: Mapped[Plain]
    reason: Mapped[Plain]
    __table_args__ = (Index("uq_rules_rulebook_id_number", "rulebook_id", "number", unique=True),)


class ThreadRulebook(Base):
    """The version that holds in a thread from its beginning to its end; without a row the newest one does."""

    __tablename__ = "thread_rulebooks"
    thread_id: Mapped[int] = mapped_column(ForeignKey("threads.id", ondelete="CASCADE"), primary_key=True)
    rulebook_id: Mapped[int] = mapped_column(ForeignKey("rulebooks.id"))


class Claim(Base):
    """Who is working on a comment right now; expires by itself."""

    __tablename__ = "claims"
    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    until: Mapped[Moment] = mapped_column(info=IMPERSONAL)


class Decision(Base):
    """One decision about a comment or a thread; inserted once, never changed (the application may only INSERT)."""

    __tablename__ = "decisions"
    id: Mapped[Id]
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id"), index=True)
    thread_id: Mapped[int | None] = mapped_column(ForeignKey("threads.id"), index=True)
    revision: Mapped[int | None]
    snapshot: Mapped[bytes] = mapped_column(
        LargeBinary,
        info=personal("Prüfsumme des Textes", basis=DUTY, keep=PROOF, on_erasure=UNLINKED),
    )
    decision: Mapped[Plain]
    rule_id: Mapped[int | None] = mapped_column(ForeignKey("rules.id"))
    reasons: Mapped[str] = mapped_column(
        Text,
        info=personal(
            "Begründung an die Autorin oder den Autor", basis=DUTY, keep=PROOF, on_erasure=UNLINKED
        ),
    )
    actor_id: Mapped[UUID | None] = mapped_column(
        info=personal("wer entschied, nur als verdeckte Kennung", basis=DUTY, keep=PROOF, on_erasure=UNLINKED)
    )
    origin: Mapped[Plain]
    automated: Mapped[bool] = mapped_column(server_default=sql("false"))
    detected: Mapped[bool] = mapped_column(server_default=sql("false"))
    notice_id: Mapped[int | None] = mapped_column(BigInteger)
    appeal_id: Mapped[int | None] = mapped_column(BigInteger)
    decided_at: Mapped[Created]
    __table_args__ = (
        one_of("decision", DECISIONS),
        one_of("origin", ORIGINS),
        CheckConstraint("num_nonnulls(comment_id, thread_id) = 1", name="one_subject"),
        CheckConstraint(f"(thread_id IS NOT NULL) = (decision IN {OF_THREADS})", name="kind_fits_subject"),
        CheckConstraint("(comment_id IS NULL) = (revision IS NULL)", name="revision_of_comment"),
        CheckConstraint(NEEDS_REASONS, name="reasons_given"),
        CheckConstraint(NEEDS_RULE, name="rule_named"),
        CheckConstraint(NEEDS_PERSON, name="person_known"),
        CheckConstraint("NOT automated OR decision = 'publish'", name="only_people_reject"),
        CheckConstraint("automated = (origin = 'triage')", name="automated_is_triage"),
        CheckConstraint("(origin = 'notice') = (notice_id IS NOT NULL)", name="notice_named"),
        CheckConstraint("(origin = 'appeal') = (appeal_id IS NOT NULL)", name="appeal_named"),
        CheckConstraint("origin <> 'appeal' OR decision IN ('restore', 'keep')", name="appeal_answered"),
        Index("uq_decisions_comment_id_revision", "comment_id", "revision", unique=True),
        # One answer to an appeal; that another person gives it is the trigger decision_fair's.
        Index(
            "uq_decisions_appeal_id", "appeal_id", unique=True, postgresql_where=sql("appeal_id IS NOT NULL")
        ),
        Index("ix_decisions_decided_at", "decided_at"),
    )


class Original(Base):
    """A text before places in it were blacked out: read only by whoever decides an appeal against that."""

    __tablename__ = "originals"
    decision_id: Mapped[int] = mapped_column(ForeignKey("decisions.id"), primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"), index=True)
    text: Mapped[str] = mapped_column(
        Text, info=personal("Text vor der Schwärzung, für eine Beschwerde", basis=DUTY, keep=APPEAL)
    )
    masked_at: Mapped[Created] = mapped_column(info=IMPERSONAL)


class Flag(Base):
    """Somebody's notice (Meldung) of a comment; it hides nothing by itself. Open until it has a decision."""

    __tablename__ = "flags"
    id: Mapped[Id]
    number: Mapped[str] = mapped_column(Text, unique=True, info=IMPERSONAL)
    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id"), index=True)
    reporter_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"), index=True)
    key: Mapped[bytes] = mapped_column(
        LargeBinary,
        info=personal("eine Meldung je Person oder Anschluss (nur als Prüfsumme)", keep=NOTICE),
    )
    once: Mapped[UUID] = mapped_column(info=IMPERSONAL)
    category: Mapped[Plain]
    text: Mapped[str] = mapped_column(
        Text, info=personal("Erklärung zur Meldung, nur für die Moderation", basis=DUTY, keep=NOTICE)
    )
    contact: Mapped[str | None] = mapped_column(
        Text, info=personal("Antwort auf die Meldung, freiwillig", basis=CONSENT, keep=NOTICE)
    )
    secret_hash: Mapped[bytes] = mapped_column(
        LargeBinary, info=personal("Zugang mit dem Beleg (nur als Prüfsumme)", keep=NOTICE)
    )
    created_at: Mapped[Created] = mapped_column(
        info=personal("Zeitpunkt der Meldung", keep=f"{NOTICE}, danach ohne Bezug zur Person")
    )
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("decisions.id"))
    settled_at: Mapped[Moment | None] = mapped_column(info=IMPERSONAL)
    __table_args__ = (
        one_of("category", CATEGORIES),
        UniqueConstraint("comment_id", "key"),
        CheckConstraint("decision_id IS NULL OR settled_at IS NOT NULL", name="decided_is_settled"),
        Index("ix_flags_open", "created_at", "id", postgresql_where=sql("settled_at IS NULL")),
    )


class Appeal(Base):
    """An author's complaint (Beschwerde) against one decision; one per decision, answered by another moderator."""

    __tablename__ = "appeals"
    id: Mapped[Id]
    decision_id: Mapped[int] = mapped_column(ForeignKey("decisions.id"), unique=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id"), index=True)
    text: Mapped[str] = mapped_column(
        Text,
        info=personal(
            "Beschwerde gegen eine Entscheidung", basis=DUTY, keep=PROOF, on_erasure="text: gelöscht"
        ),
    )
    created_at: Mapped[Created] = mapped_column(info=personal("Zeitpunkt der Beschwerde", keep=PROOF))
    answer_id: Mapped[int | None] = mapped_column(ForeignKey("decisions.id"), unique=True)
    settled_at: Mapped[Moment | None] = mapped_column(info=IMPERSONAL)
    __table_args__ = (
        CheckConstraint("answer_id IS NULL OR settled_at IS NOT NULL", name="answered_is_settled"),
        Index("ix_appeals_open", "created_at", "id", postgresql_where=sql("settled_at IS NULL")),
    )


class Merge(Base):
    """A near-duplicate that stands under another entry: its parent is that entry while the row is there."""

    __tablename__ = "merges"
    comment_id: Mapped[int] = mapped_column(
        ForeignKey("comments.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    into_id: Mapped[int] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"), index=True)
    replies: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default=sql("'{}'"))
    merged_at: Mapped[Created]


class Audit(Base):
    """A comment that triage let pass, drawn at random to be read by a person."""

    __tablename__ = "audits"
    comment_id: Mapped[int] = mapped_column(
        ForeignKey("comments.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    drawn_on: Mapped[date] = mapped_column(Date, info=IMPERSONAL)
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("decisions.id"))
    settled_at: Mapped[Moment | None] = mapped_column(info=IMPERSONAL)
    __table_args__ = (
        Index("ix_audits_open", "drawn_on", "comment_id", postgresql_where=sql("settled_at IS NULL")),
    )


class Model(Base):
    """A trained order of triage: what it learned from, how well it does, and its weights; the newest holds."""

    __tablename__ = "triage_models"
    id: Mapped[Id]
    data_digest: Mapped[Plain]
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB, info=IMPERSONAL)
    weights: Mapped[bytes] = mapped_column(LargeBinary)
    trained_at: Mapped[Created]


class Digest(Base):
    """How often a moderator is told by mail what waits, and when they were told last."""

    __tablename__ = "digests"
    person_id: Mapped[int] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    rhythm: Mapped[str] = mapped_column(
        Text, server_default="hourly", info=personal("Mails über Wartendes", keep=ACCOUNT)
    )
    sent_at: Mapped[Moment | None] = mapped_column(info=personal("Mails über Wartendes", keep=ACCOUNT))
    escalated_at: Mapped[Moment | None] = mapped_column(info=personal("Mails über Wartendes", keep=ACCOUNT))
    __table_args__ = (one_of("rhythm", RHYTHMS),)


class Hint(Base):
    """A pattern in the votes that a person should look at; it changes nothing by itself."""

    __tablename__ = "vote_hints"
    id: Mapped[Id]
    kind: Mapped[Plain]
    thread_id: Mapped[int] = mapped_column(ForeignKey("threads.id", ondelete="CASCADE"), index=True)
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"), index=True)
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, info=IMPERSONAL)
    day: Mapped[date] = mapped_column(Date, info=IMPERSONAL)
    found_at: Mapped[Created]
    __table_args__ = (
        one_of("kind", ("burst", "alike")),
        UniqueConstraint("kind", "thread_id", "comment_id", "day", postgresql_nulls_not_distinct=True),
    )
