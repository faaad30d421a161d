"""Rows of the first floor: the Netiquette and its rules, claims, decisions."""

from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, SmallInteger, Text
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from dialogue.kit.database import Base
from dialogue.kit.personal import DUTY, IMPERSONAL, personal
from dialogue.tables import Created, Id, Moment, Plain, one_of

DECISIONS = ("publish", "publish_masked", "reject", "hide", "restore", "close_thread")
ORIGINS = ("own", "notice", "appeal", "import", "triage")
NEEDS_REASONS = "decision IN ('publish', 'restore') OR length(reasons) >= 20 OR origin = 'import'"
NEEDS_RULE = "decision IN ('publish', 'restore') OR rule_id IS NOT NULL OR origin = 'import'"
NEEDS_PERSON = "actor_id IS NOT NULL OR origin IN ('import', 'triage')"
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
    notice_id: Mapped[int | None] = mapped_column(BigInteger)
    decided_at: Mapped[Created]
    __table_args__ = (
        one_of("decision", DECISIONS),
        one_of("origin", ORIGINS),
        CheckConstraint("num_nonnulls(comment_id, thread_id) = 1", name="one_subject"),
        CheckConstraint("(thread_id IS NOT NULL) = (decision = 'close_thread')", name="kind_fits_subject"),
        CheckConstraint("(comment_id IS NULL) = (revision IS NULL)", name="revision_of_comment"),
        CheckConstraint(NEEDS_REASONS, name="reasons_given"),
        CheckConstraint(NEEDS_RULE, name="rule_named"),
        CheckConstraint(NEEDS_PERSON, name="person_known"),
        CheckConstraint("NOT automated OR decision = 'publish'", name="only_people_reject"),
        CheckConstraint("automated = (origin = 'triage')", name="automated_is_triage"),
        Index("uq_decisions_comment_id_revision", "comment_id", "revision", unique=True),
    )
