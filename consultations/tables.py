"""Rows of the top floor: consultations, the strategy, versions, pages, answers, exports, and how it looks."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    func,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from dialogue.kit.database import Base
from dialogue.kit.personal import IMPERSONAL, personal
from dialogue.tables import Created, Id, Moment, Plain, one_of

PHASES = ("information", "participation", "evaluation", "result")
OUTCOMES = ("adopted", "partly", "not_adopted", "another_office", "already_covered")
KINDS = ("area", "point", "measure", "consultation", "page", "rulebook")
ACTS = ("saved", "restored", "published", "discarded", "withdrawn")
Uid = Annotated[UUID, mapped_column(unique=True, server_default=func.gen_random_uuid())]


class Consultation(Base):
    """A formal frame around threads: from when, until when, under which rules."""

    __tablename__ = "consultations"
    id: Mapped[Id]
    uid: Mapped[Uid]
    slug: Mapped[str] = mapped_column(Text, unique=True, info=IMPERSONAL)
    title: Mapped[Plain]
    lead: Mapped[Plain]
    about: Mapped[Plain]
    starts_on: Mapped[date | None] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date)
    checks_first: Mapped[bool] = mapped_column(server_default=sql("true"))
    guests_write: Mapped[bool] = mapped_column(server_default=sql("false"))
    guests_vote: Mapped[bool] = mapped_column(server_default=sql("false"))
    contact: Mapped[str] = mapped_column(Text, server_default="", info=IMPERSONAL)
    privacy: Mapped[str] = mapped_column(Text, server_default="", info=IMPERSONAL)
    room_id: Mapped[int | None] = mapped_column(ForeignKey("rooms.id"), unique=True)
    circle_id: Mapped[int | None] = mapped_column(ForeignKey("circles.id"), index=True)
    sealed_until: Mapped[Moment | None]
    rulebook_id: Mapped[int | None] = mapped_column(ForeignKey("rulebooks.id"))
    published_at: Mapped[Moment | None]
    import_digest: Mapped[str | None] = mapped_column(Text, unique=True, info=IMPERSONAL)
    attribution: Mapped[str] = mapped_column(Text, server_default="", info=IMPERSONAL)
    results: Mapped[list[Any]] = mapped_column(JSONB, server_default=sql("'[]'"), info=IMPERSONAL)
    created_at: Mapped[Created]
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="ends_after_start"),
        CheckConstraint(
            "published_at IS NULL OR num_nonnulls(starts_on, ends_on) = 2", name="published_has_dates"
        ),
        CheckConstraint("slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'", name="plain_slug"),
    )


class Phase(Base):
    """One part of a consultation; the last day belongs to it."""

    __tablename__ = "phases"
    consultation_id: Mapped[int] = mapped_column(
        ForeignKey("consultations.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(Text, primary_key=True, info=IMPERSONAL)
    title: Mapped[Plain]
    text: Mapped[Plain]
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date)
    __table_args__ = (one_of("kind", PHASES),)


class Area(Base):
    """Handlungsfeld of the strategy."""

    __tablename__ = "areas"
    id: Mapped[Id]
    uid: Mapped[Uid]
    key: Mapped[str] = mapped_column(Text, unique=True, info=IMPERSONAL)
    slug: Mapped[str] = mapped_column(Text, unique=True, info=IMPERSONAL)
    title: Mapped[Plain]
    summary: Mapped[Plain]
    position: Mapped[int] = mapped_column(SmallInteger)


class Point(Base):
    """A point of the strategy, with the thread in which people talk about it."""

    __tablename__ = "points"
    id: Mapped[Id]
    uid: Mapped[Uid]
    code: Mapped[str] = mapped_column(Text, unique=True, info=IMPERSONAL)
    area_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"), index=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations.id"), index=True)
    thread_id: Mapped[int] = mapped_column(ForeignKey("threads.id"), unique=True)
    title: Mapped[Plain]
    text: Mapped[Plain]
    rationale: Mapped[Plain]
    easy: Mapped[str] = mapped_column(Text, server_default="", info=IMPERSONAL)
    documents: Mapped[list[Any]] = mapped_column(JSONB, server_default=sql("'[]'"), info=IMPERSONAL)
    edition: Mapped[Plain]
    changed_at: Mapped[Created]
    position: Mapped[int] = mapped_column(SmallInteger)
    words: Mapped[str] = mapped_column(TSVECTOR, server_default=sql("''::tsvector"), info=IMPERSONAL)
    split: Mapped[bool] = mapped_column(server_default=sql("false"), info=IMPERSONAL)
    __table_args__ = (CheckConstraint("code ~ '^[A-Z]+[0-9]+$'", name="plain_code"),)


class Measure(Base):
    """What the administration plans to do, under an area."""

    __tablename__ = "measures"
    id: Mapped[Id]
    uid: Mapped[Uid]
    code: Mapped[str] = mapped_column(Text, unique=True, info=IMPERSONAL)
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    title: Mapped[Plain]
    text: Mapped[Plain]
    until: Mapped[Plain]
    cost: Mapped[Plain]
    state: Mapped[Plain]
    position: Mapped[int] = mapped_column(SmallInteger)
    __table_args__ = (one_of("state", ("planned", "running", "done")),)


class Version(Base):
    """A step of editing something: saved, published, thrown away. Drafts live here alone; the application only
    adds rows, so nothing an editor did is lost."""

    __tablename__ = "versions"
    subject: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[Plain]
    act: Mapped[Plain]
    content: Mapped[dict[str, Any]] = mapped_column(JSONB, info=IMPERSONAL)
    actor_id: Mapped[UUID | None] = mapped_column(
        info=personal(
            "wer einen Text der Redaktion geändert hat, nur als verdeckte Kennung",
            keep="mit dem Text",
            on_erasure="bleibt; die Kennung verliert die Zuordnung",
        )
    )
    saved_at: Mapped[Created]
    __table_args__ = (
        one_of("kind", KINDS),
        one_of("act", ACTS),
        CheckConstraint("number > 0", name="counted_from_one"),
    )


class InfoPage(Base):
    """A page of information in Markdown; a legal one counts as unchecked until somebody signs it off."""

    __tablename__ = "pages"
    id: Mapped[Id]
    uid: Mapped[Uid]
    slug: Mapped[str] = mapped_column(Text, unique=True, info=IMPERSONAL)
    title: Mapped[Plain]
    text: Mapped[Plain]
    legal: Mapped[bool] = mapped_column(server_default=sql("false"))
    signed_off_at: Mapped[Moment | None]
    signed_off_by: Mapped[str] = mapped_column(Text, server_default="", info=IMPERSONAL)
    changed_at: Mapped[Created]
    __table_args__ = (
        CheckConstraint("slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'", name="plain_slug"),
        CheckConstraint("(signed_off_at IS NULL) = (signed_off_by = '')", name="signed_off_by_somebody"),
    )


class Response(Base):
    """The city's answer to a contribution: what happened with it, and the clause it changed."""

    __tablename__ = "responses"
    id: Mapped[Id]
    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id"), unique=True)
    point_id: Mapped[int] = mapped_column(ForeignKey("points.id"), index=True)
    outcome: Mapped[Plain]
    reasons: Mapped[Plain]
    before: Mapped[Plain]
    after: Mapped[Plain]
    published_at: Mapped[Moment | None]
    __table_args__ = (one_of("outcome", OUTCOMES),)


class Sentiment(Base):
    """What textblob-de read in a text; internal until a run is released."""

    __tablename__ = "sentiments"
    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"), primary_key=True)
    path: Mapped[str] = mapped_column(Text, primary_key=True, info=IMPERSONAL)
    version: Mapped[Plain]
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    polarity: Mapped[float | None]
    label: Mapped[Plain]
    scored_at: Mapped[Created]
    __table_args__ = (one_of("label", ("negative", "neutral", "positive", "none")),)


class Export(Base):
    """A file made by a job; rights are checked again at download."""

    __tablename__ = "exports"
    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations.id"), index=True)
    role: Mapped[Plain]
    format: Mapped[Plain]
    file: Mapped[str] = mapped_column(Text, server_default="", info=IMPERSONAL)
    sha256: Mapped[str] = mapped_column(Text, server_default="", info=IMPERSONAL)
    size: Mapped[int | None]
    rows: Mapped[dict[str, Any] | None] = mapped_column(JSONB, info=IMPERSONAL)
    withdrawn_at: Mapped[Moment | None]
    __table_args__ = (
        one_of("format", ("csv", "xlsx", "json")),
        Index("ix_exports_withdrawn_at", "withdrawn_at"),
    )


class Example(Base):
    """A consultation of the demonstration, and the day its dates stand at: later starts move them on."""

    __tablename__ = "examples"
    consultation_id: Mapped[int] = mapped_column(
        ForeignKey("consultations.id", ondelete="CASCADE"), primary_key=True
    )
    stands_on: Mapped[date] = mapped_column(Date)


class Logo(Base):
    """A logo as it is sent to browsers; one that no appearance shows is forgotten after a day."""

    __tablename__ = "logos"
    digest: Mapped[str] = mapped_column(Text, primary_key=True, info=IMPERSONAL)
    kind: Mapped[Plain]
    width: Mapped[int] = mapped_column(SmallInteger)
    height: Mapped[int] = mapped_column(SmallInteger)
    data: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[Created]
    __table_args__ = (
        one_of("kind", ("png", "svg")),
        CheckConstraint("digest = encode(sha256(data), 'hex')", name="digest_of_data"),
    )


class Appearance(Base):
    """How the installation looked from a moment on; what is NULL is as in the city's file. The newest holds,
    none is ever changed. `follows` is the one before: of two saved at once the second is told."""

    __tablename__ = "appearances"
    id: Mapped[Id]
    follows: Mapped[int] = mapped_column(BigInteger, unique=True)
    name: Mapped[str | None] = mapped_column(Text, info=IMPERSONAL)
    platform: Mapped[str | None] = mapped_column(Text, info=IMPERSONAL)
    claim: Mapped[str | None] = mapped_column(Text, info=IMPERSONAL)
    question: Mapped[str | None] = mapped_column(Text, info=IMPERSONAL)
    intro: Mapped[str | None] = mapped_column(Text, info=IMPERSONAL)
    office: Mapped[str | None] = mapped_column(Text, info=IMPERSONAL)
    address: Mapped[str | None] = mapped_column(Text, info=IMPERSONAL)
    mail: Mapped[str | None] = mapped_column(Text, info=IMPERSONAL)
    phone: Mapped[str | None] = mapped_column(Text, info=IMPERSONAL)
    accent: Mapped[str | None] = mapped_column(Text, info=IMPERSONAL)
    logo: Mapped[str | None] = mapped_column(ForeignKey("logos.digest"), index=True, info=IMPERSONAL)
    languages: Mapped[list[Any]] = mapped_column(JSONB, server_default=sql("'[\"de\"]'"), info=IMPERSONAL)
    saved_at: Mapped[Created]
    __table_args__ = (CheckConstraint("accent ~ '^#[0-9a-f]{6}$'", name="plain_accent"),)
