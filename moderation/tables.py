"""Rows of the first floor: the Netiquette and its rules, claims, decisions."""

from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, SmallInteger, Text
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from dialogue.kit.database import Base
from dialogue.kit.personal import DUTY, IMPERSONAL, personal
from dialogue.tables import Created, Id, Moment, Plain, one_of

DECISIONS = ("publish", "reject", "hide", "restore")
NEEDS_REASONS = "decision IN ('publish', 'restore') OR length(reasons) >= 20 OR origin = 'import'"
NEEDS_RULE = "decision IN ('publish', 'restore') OR rule_id IS NOT NULL OR origin = 'import'"


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


class Claim(Base):
    """Who is working on a comment right now; expires by itself."""

    __tablename__ = "claims"
    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    until: Mapped[Moment] = mapped_column(info=IMPERSONAL)


class Decision(Base):
    """One moderation decision; inserted once, never changed (the application may only INSERT)."""

    __tablename__ = "decisions"
    id: Mapped[Id]
    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id"), index=True)
    revision: Mapped[int]
    snapshot: Mapped[bytes] = mapped_column(LargeBinary)
    decision: Mapped[Plain]
    rule_id: Mapped[int | None] = mapped_column(ForeignKey("rules.id"))
    reasons: Mapped[str] = mapped_column(
        Text, info=personal("Begründung an die Autorin oder den Autor", basis=DUTY, keep="zehn Jahre")
    )
    actor_id: Mapped[UUID | None]
    origin: Mapped[Plain]
    automated: Mapped[bool] = mapped_column(server_default=sql("false"))
    notice_id: Mapped[int | None] = mapped_column(BigInteger)
    decided_at: Mapped[Created]
    __table_args__ = (
        one_of("decision", DECISIONS),
        one_of("origin", ("own", "notice", "appeal", "import")),
        CheckConstraint(NEEDS_REASONS, name="reasons_given"),
        CheckConstraint(NEEDS_RULE, name="rule_named"),
        CheckConstraint("NOT automated OR decision = 'publish'", name="only_people_reject"),
        Index("uq_decisions_comment_id_revision", "comment_id", "revision", unique=True),
    )
