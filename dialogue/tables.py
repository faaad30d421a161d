"""Rows of the ground floor: people, sign-ins, threads, comments, votes, stances, journal, jobs."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from dialogue.kit.database import Base
from dialogue.kit.personal import CONSENT, DUTY, IMPERSONAL, personal

SOURCES = ("account", "guest", "import", "paper")
OFFICIAL = ("account", "import")  # what results count; the others stand beside it
ROLES = ("moderator", "editor", "panelist", "committee", "admin")
STATUSES = ("pending", "published", "rejected", "hidden", "withdrawn")

Id = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
Moment = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Created = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=func.now())]
Plain = Annotated[str, mapped_column(Text, info=IMPERSONAL)]
Source = Annotated[str, mapped_column(Text, info=IMPERSONAL, server_default="account")]
ACCOUNT = "bis zur Löschung des Kontos"
SESSION = "bis zum Abmelden, höchstens 30 Tage"
COMMENT = "mit dem Beitrag"
AWAY = "ein Jahr nach deren Ende"
CAST = "sechs Monate nach dem Ende der Beteiligung ohne Bezug zur Person"
UNLINKED = "offene Beteiligung: löschen; beendete: unter zufälligem Schlüssel behalten"
WRITTEN = personal("Zeitpunkt des Beitrags", keep=COMMENT, on_erasure="bleibt")
VOICE = personal("die Stimme und ihr Zeitpunkt", keep=CAST, on_erasure=UNLINKED)
VISITED = personal("neu seit Ihrem letzten Besuch", keep=ACCOUNT)


def one_of(column: str, values: tuple[str, ...], name: str = "") -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=name or f"known_{column}")


class Person(Base):
    """Whoever speaks or votes. A row without e-mail is a guest, an imported voice or a random key."""

    __tablename__ = "people"
    id: Mapped[Id]
    source: Mapped[Source]
    pseudonym: Mapped[str | None] = mapped_column(
        Text, unique=True, info=personal("öffentlicher Name am Beitrag", keep=ACCOUNT)
    )
    email: Mapped[str | None] = mapped_column(
        Text, unique=True, info=personal("Anmeldung und Benachrichtigung", keep=ACCOUNT)
    )
    password: Mapped[str | None] = mapped_column(Text, info=personal("Anmeldung (argon2id)", keep=ACCOUNT))
    confirmed_at: Mapped[Moment | None] = mapped_column(info=personal("bestätigte Adresse", keep=ACCOUNT))
    created_at: Mapped[Created] = mapped_column(info=personal("Grenzen für neue Konten", keep=ACCOUNT))
    last_seen_at: Mapped[Moment | None] = mapped_column(
        info=personal("neu seit Ihrem letzten Besuch", keep=ACCOUNT)
    )
    blocked_until: Mapped[Moment | None] = mapped_column(
        info=personal("Ende einer Sperre", keep="ein Jahr nach deren Ende")
    )
    blocked_why: Mapped[str | None] = mapped_column(
        Text, info=personal("Begründung einer Sperre", keep="ein Jahr nach deren Ende")
    )
    district: Mapped[str | None] = mapped_column(
        Text, info=personal("wer hat teilgenommen (nur als Summe)", basis=CONSENT, keep=ACCOUNT)
    )
    age_band: Mapped[str | None] = mapped_column(
        Text, info=personal("wer hat teilgenommen (nur als Summe)", basis=CONSENT, keep=ACCOUNT)
    )
    external: Mapped[str | None] = mapped_column(Text, unique=True, info=IMPERSONAL)
    __table_args__ = (
        one_of("source", SOURCES),
        CheckConstraint("email = lower(email)", name="email_lower"),
    )


class Circle(Base):
    """A group of people for whom a conversation is kept: the staff of the administration, a council."""

    __tablename__ = "circles"
    id: Mapped[Id]
    name: Mapped[str] = mapped_column(Text, unique=True, info=IMPERSONAL)
    about: Mapped[str] = mapped_column(Text, server_default="", info=IMPERSONAL)
    created_at: Mapped[Created]


class Member(Base):
    """Who belongs to a circle."""

    __tablename__ = "members"
    circle_id: Mapped[int] = mapped_column(ForeignKey("circles.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    added_at: Mapped[Created] = mapped_column(info=personal("Nachweis der Zugehörigkeit", keep=ACCOUNT))


class Room(Base):
    """Threads with the same hosts: a role may hold in one room only."""

    __tablename__ = "rooms"
    id: Mapped[Id]
    title: Mapped[Plain]
    created_at: Mapped[Created]


class Grant(Base):
    """A role a person holds, everywhere or in one room; citizens need none."""

    __tablename__ = "grants"
    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    role: Mapped[Plain]
    room_id: Mapped[int | None] = mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"), index=True)
    granted_at: Mapped[Created] = mapped_column(info=personal("Nachweis der Rollen", keep=ACCOUNT))
    __table_args__ = (
        one_of("role", ROLES),
        CheckConstraint("room_id IS NULL OR role <> 'admin'", name="admins_everywhere"),
        UniqueConstraint("person_id", "role", "room_id", postgresql_nulls_not_distinct=True),
    )


class Absence(Base):
    """While a moderator is away a deputy holds their rooms; both days belong to it."""

    __tablename__ = "absences"
    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    deputy_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    starts_on: Mapped[date] = mapped_column(Date, info=personal("Vertretung", keep=AWAY))
    ends_on: Mapped[date] = mapped_column(Date, info=personal("Vertretung", keep=AWAY))
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="ends_after_start"),
        CheckConstraint("deputy_id <> person_id", name="another_person"),
        UniqueConstraint("person_id", "deputy_id", "starts_on", "ends_on"),
    )


class SignIn(Base):
    """A session: the cookie holds a random id, the row only its hash."""

    __tablename__ = "sign_ins"
    id: Mapped[Id]
    token_hash: Mapped[bytes] = mapped_column(
        LargeBinary, unique=True, info=personal("Anmeldung (nur als Prüfsumme)", keep=SESSION)
    )
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    device: Mapped[str] = mapped_column(Text, info=personal("Liste der eigenen Anmeldungen", keep=SESSION))
    staff: Mapped[bool] = mapped_column(server_default=sql("false"), info=IMPERSONAL)
    created_at: Mapped[Created] = mapped_column(info=personal("Liste der eigenen Anmeldungen", keep=SESSION))
    seen_at: Mapped[Created] = mapped_column(info=personal("Ablauf der Anmeldung", keep=SESSION))
    expires_at: Mapped[Moment] = mapped_column(info=IMPERSONAL)


class Link(Base):
    """A one-time link in a mail (confirm, reset, invite); the row holds only its hash."""

    __tablename__ = "links"
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[Plain]
    expires_at: Mapped[Moment] = mapped_column(info=IMPERSONAL)
    used_at: Mapped[Moment | None] = mapped_column(info=IMPERSONAL)
    __table_args__ = (one_of("purpose", ("confirm", "reset", "invite")),)


class Terms(Base):
    """A version of the terms of participation."""

    __tablename__ = "terms"
    id: Mapped[Id]
    version: Mapped[str] = mapped_column(Text, unique=True, info=IMPERSONAL)
    title: Mapped[Plain]
    sections: Mapped[list[Any]] = mapped_column(JSONB, info=IMPERSONAL)
    valid_from: Mapped[Created]


class Consent(Base):
    """Who agreed to which version, and when."""

    __tablename__ = "consents"
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    terms_id: Mapped[int] = mapped_column(ForeignKey("terms.id"), primary_key=True)
    given_at: Mapped[Created] = mapped_column(info=personal("Nachweis der Zustimmung", keep=ACCOUNT))


class Thread(Base):
    """A place to talk; it does not know what it is about, only its title and address."""

    __tablename__ = "threads"
    id: Mapped[Id]
    title: Mapped[Plain]
    address: Mapped[Plain]
    opens_at: Mapped[Moment | None]
    closes_at: Mapped[Moment | None]
    sealed_until: Mapped[Moment | None]
    checks_first: Mapped[bool] = mapped_column(server_default=sql("true"))
    guests_write: Mapped[bool] = mapped_column(server_default=sql("false"))
    guests_vote: Mapped[bool] = mapped_column(server_default=sql("false"))
    section: Mapped[str] = mapped_column(Text, server_default="", info=IMPERSONAL)
    closed_at: Mapped[Moment | None]
    room_id: Mapped[int | None] = mapped_column(ForeignKey("rooms.id"), index=True)
    circle_id: Mapped[int | None] = mapped_column(ForeignKey("circles.id"), index=True)
    internal: Mapped[bool] = mapped_column(Computed("circle_id IS NOT NULL", persisted=True))
    created_at: Mapped[Created]
    __table_args__ = (
        CheckConstraint("closes_at > opens_at", name="ends_after_start"),
        UniqueConstraint("id", "internal"),
    )


class Comment(Base):
    """A contribution or a reply to one."""

    __tablename__ = "comments"
    id: Mapped[Id]
    number: Mapped[str] = mapped_column(Text, unique=True, info=IMPERSONAL)
    thread_id: Mapped[int] = mapped_column(BigInteger)
    internal: Mapped[bool] = mapped_column(server_default=sql("false"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    source: Mapped[Source]
    text: Mapped[str] = mapped_column(
        Text,
        info=personal("der Beitrag selbst", keep="dauerhaft, Teil des Vorgangs", on_erasure="text: gelöscht"),
    )
    status: Mapped[Plain]
    revision: Mapped[int] = mapped_column(server_default=sql("1"), info=IMPERSONAL)
    signs: Mapped[list[Any]] = mapped_column(
        JSONB,
        server_default=sql("'[]'"),
        info=personal("Hinweise der Prüfung mit den Wörtern, die sie auslösten", keep=COMMENT),
    )
    urgency: Mapped[int] = mapped_column(SmallInteger, server_default=sql("0"), info=IMPERSONAL)
    secret_hash: Mapped[bytes | None] = mapped_column(
        LargeBinary, info=personal("Zugang mit dem Beleg (nur als Prüfsumme)", keep=COMMENT)
    )
    once: Mapped[UUID | None] = mapped_column(info=IMPERSONAL)
    example: Mapped[bool] = mapped_column(server_default=sql("false"), info=IMPERSONAL)
    created_at: Mapped[Created] = mapped_column(info=WRITTEN)
    edited_at: Mapped[Moment | None] = mapped_column(info=WRITTEN)
    published_at: Mapped[Moment | None] = mapped_column(info=WRITTEN)
    unpublished_at: Mapped[Moment | None] = mapped_column(info=WRITTEN)
    erased_at: Mapped[Moment | None] = mapped_column(info=WRITTEN)
    __table_args__ = (
        one_of("status", STATUSES),
        CheckConstraint("urgency BETWEEN 0 AND 2", name="known_urgency"),
        CheckConstraint("erased_at IS NULL OR text = 'gelöscht'", name="erased_text_is_gone"),
        one_of("source", SOURCES),
        CheckConstraint("(status = 'published') <= (published_at IS NOT NULL)", name="published_has_moment"),
        # What is said in a circle stays there: a comment cannot be public where its thread is not.
        ForeignKeyConstraint(["thread_id", "internal"], ["threads.id", "threads.internal"]),
        UniqueConstraint("author_id", "once", name="uq_comments_author_id_once"),
        Index(
            "ix_comments_public_top",
            "thread_id",
            sql("published_at DESC"),
            sql("id DESC"),
            postgresql_where=sql("status = 'published' AND parent_id IS NULL"),
        ),
        Index(
            "ix_comments_left_top",
            "thread_id",
            sql("published_at DESC"),
            sql("id DESC"),
            postgresql_where=sql("status IN ('hidden', 'withdrawn') AND parent_id IS NULL"),
        ),
        # The mixed order goes round by this hash from a visitor's own place (docs/decisions/0009).
        Index(
            "ix_comments_mixed",
            "thread_id",
            sql("hashint8extended(id, 0)"),
            "id",
            postgresql_where=sql("status = 'published' AND parent_id IS NULL"),
        ),
        Index(
            "ix_comments_published",
            "thread_id",
            "published_at",
            postgresql_where=sql("status = 'published'"),
        ),
        Index("ix_comments_parent_id", "parent_id", postgresql_where=sql("parent_id IS NOT NULL")),
        Index(
            "ix_comments_waiting",
            sql("(- urgency)"),
            "created_at",
            "id",
            postgresql_where=sql("status = 'pending'"),
        ),
        Index("ix_comments_waiting_longest", "created_at", "id", postgresql_where=sql("status = 'pending'")),
        Index("ix_comments_thread_id_status", "thread_id", "status"),
        Index(
            "ix_comments_unpublished",
            "thread_id",
            "unpublished_at",
            postgresql_where=sql("status <> 'published' AND unpublished_at IS NOT NULL"),
        ),
        Index("ix_comments_erased", "thread_id", "erased_at", postgresql_where=sql("erased_at IS NOT NULL")),
        Index("ix_comments_author_id_created_at", "author_id", "created_at"),
    )


class Words(Base):
    """What a public comment is found by; triggers keep it (docs/decisions/0010), a job adds the parts of compounds."""

    __tablename__ = "comment_words"
    comment_id: Mapped[int] = mapped_column(
        ForeignKey("comments.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    thread_id: Mapped[int] = mapped_column(BigInteger)
    words: Mapped[str] = mapped_column(
        TSVECTOR, info=personal("Wörter des Beitrags für die Suche", keep=COMMENT, on_erasure="mit dem Text")
    )
    split: Mapped[bool] = mapped_column(server_default=sql("false"), info=IMPERSONAL)
    __table_args__ = (
        Index(
            "ix_comment_words_words",
            "words",
            postgresql_using="gin",
            postgresql_with={"gin_pending_list_limit": 512},
        ),
        Index("ix_comment_words_unsplit", "comment_id", postgresql_where=sql("NOT split")),
    )


class Vote(Base):
    """One per person and comment; agree 1, pass 0, disagree -1."""

    __tablename__ = "votes"
    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    value: Mapped[int] = mapped_column(SmallInteger, info=VOICE)
    source: Mapped[Source]
    cast_at: Mapped[Created] = mapped_column(info=VOICE)
    __table_args__ = (
        CheckConstraint("value BETWEEN -1 AND 1", name="known_value"),
        one_of("source", SOURCES),
        Index("ix_votes_person_id_cast_at", "person_id", "cast_at"),  # so many a minute
    )


class Stance(Base):
    """A person's answer to what a thread is about (Haltung); changeable, counts people."""

    __tablename__ = "stances"
    thread_id: Mapped[int] = mapped_column(ForeignKey("threads.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    value: Mapped[int] = mapped_column(SmallInteger, info=VOICE)
    source: Mapped[Source]
    taken_at: Mapped[Created] = mapped_column(info=VOICE)
    __table_args__ = (
        CheckConstraint("value BETWEEN -1 AND 1", name="known_value"),
        one_of("source", SOURCES),
    )


class Visit(Base):
    """When a person was last in a thread, and what is new to them there: since the visit before."""

    __tablename__ = "visits"
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    thread_id: Mapped[int] = mapped_column(
        ForeignKey("threads.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    since_at: Mapped[Moment | None] = mapped_column(info=VISITED)
    last_at: Mapped[Created] = mapped_column(info=VISITED)


class Actor(Base):
    """Who an opaque actor id of the journal is; erasure deletes this row and leaves the journal whole."""

    __tablename__ = "actors"
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), unique=True)


class JournalEntry(Base):
    """Who did what to what, when, why. `hash` chains each entry to the one before (docs/decisions)."""

    __tablename__ = "journal"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    body: Mapped[str] = mapped_column(
        Text,
        info=personal(
            "Nachweis der Entscheidungen, nur mit verdeckter Kennung",
            basis=DUTY,
            keep="zehn Jahre",
            on_erasure="bleibt: enthält keinen Namen",
        ),
    )
    subject: Mapped[str] = mapped_column(
        Text, Computed("(body::jsonb) ->> 'subject'", persisted=True), index=True, info=IMPERSONAL
    )
    prev: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)


class Head(Base):
    """Where the journal's chain stood at the end of a day, as it was published."""

    __tablename__ = "journal_heads"
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    entries: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class Job(Base):
    """Long work with progress and a result that stays; the queue itself is pgqueuer's."""

    __tablename__ = "jobs"
    id: Mapped[Id]
    name: Mapped[Plain]
    title: Mapped[Plain]
    args: Mapped[dict[str, Any]] = mapped_column(JSONB, info=IMPERSONAL)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"), index=True)
    status: Mapped[str] = mapped_column(Text, server_default="queued", info=IMPERSONAL)
    progress: Mapped[int] = mapped_column(SmallInteger, server_default=sql("0"), info=IMPERSONAL)
    message: Mapped[str] = mapped_column(Text, server_default="", info=IMPERSONAL)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB, info=IMPERSONAL)
    created_at: Mapped[Created] = mapped_column(info=IMPERSONAL)
    finished_at: Mapped[Moment | None] = mapped_column(info=IMPERSONAL)
    __table_args__ = (one_of("status", ("queued", "running", "done", "failed")),)


class Challenge(Base):
    """A proof of work that was used, until its challenge expires: nobody sends it twice."""

    __tablename__ = "challenges"
    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    expires_at: Mapped[Moment] = mapped_column(info=IMPERSONAL)


class Attempt(Base):
    """What a limit counted: a hashed key (account, address) and a moment; swept after a day."""

    __tablename__ = "attempts"
    id: Mapped[Id]
    limit: Mapped[Plain]
    key: Mapped[bytes] = mapped_column(
        LargeBinary, info=personal("Schutz vor Missbrauch (Adresse nur als Prüfsumme)", keep="ein Tag")
    )
    at: Mapped[Created] = mapped_column(info=IMPERSONAL)
    __table_args__ = (Index("ix_attempts_limit_key_at", "limit", "key", "at"),)
