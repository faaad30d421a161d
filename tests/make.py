"""One plain builder per row; each call commits."""

from datetime import date, timedelta
from hashlib import sha256
from itertools import count
from typing import Any
from uuid import uuid4

from sqlalchemy import func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from consultations.tables import Appearance, Area, Consultation, Logo, Phase, Point
from dialogue import accounts
from dialogue.kit import clock, tokens
from dialogue.kit.database import Database
from dialogue.tables import Circle, Comment, Grant, Member, Person, Room, Stance, Terms, Thread, Vote
from moderation.tables import Rule, Rulebook

PASSWORD = "Pferd Batterie Heftklammer"
_numbers = count(1)
_hash: list[str] = []


async def password_hash() -> str:
    """argon2 is slow on purpose: once for all test people."""
    if not _hash:
        _hash.append(await accounts.hashed(PASSWORD))
    return _hash[0]


class Made:
    """A row as plain attributes."""

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


class Make:
    """Builders with defaults; name only what the test is about."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def row(self, table: type[Any], **values: Any) -> Made:
        async with self.database.writing() as db:
            row = (await db.execute(insert(table).values(**values).returning(*table.__table__.c))).one()
        return Made(**row._mapping)

    async def person(self, *roles: str, **values: Any) -> Made:
        n = next(_numbers)
        defaults = {
            "email": f"person{n}@halle.example",
            "pseudonym": f"Person {n}",
            "password": await password_hash(),
            "confirmed_at": clock.now(),
            "created_at": clock.now() - timedelta(days=30),
        }
        person = await self.row(Person, **(defaults | values))
        for role in roles:
            await self.row(Grant, person_id=person.id, role=role)
        return person

    async def guest(self, **values: Any) -> Made:
        """Somebody without an account."""
        nothing = dict.fromkeys(("email", "password", "confirmed_at"))
        return await self.person(source="guest", **(nothing | values))

    async def grant(self, person: Made, role: str, room: Made | None = None) -> None:
        await self.row(Grant, person_id=person.id, role=role, room_id=room.id if room else None)

    async def room(self, **values: Any) -> Made:
        return await self.row(Room, **({"title": "Leitlinien für KI"} | values))

    async def circle(self, *people: Made, **values: Any) -> Made:
        """A circle with its members."""
        circle = await self.row(Circle, **({"name": f"Personal {next(_numbers)}"} | values))
        for person in people:
            await self.row(Member, circle_id=circle.id, person_id=person.id)
        return circle

    async def citizen(self, **values: Any) -> Made:
        return await self.person(**values)

    async def moderator(self, **values: Any) -> Made:
        return await self.person("moderator", **values)

    async def thread(self, **values: Any) -> Made:
        now = clock.now()
        defaults = {
            "title": "E2 Kennzeichnung",
            "address": "/punkte/E2",
            "opens_at": now - timedelta(days=5),
            "closes_at": now + timedelta(days=5),
        }
        return await self.row(Thread, **(defaults | values))

    async def comment(self, thread: Made | None = None, author: Made | None = None, **values: Any) -> Made:
        thread_id = thread.id if thread else values.pop("thread_id", None) or (await self.thread()).id
        author_id = author.id if author else (await self.person()).id
        source = getattr(author, "source", "account")
        circle = getattr(thread, "circle_id", None)
        status = values.get("status", "published")
        defaults = {
            "number": tokens.new_number(),
            "thread_id": thread_id,
            "author_id": author_id,
            "internal": circle is not None,
            "source": source,
            "text": "Bitte kennzeichnen Sie jeden Text, den eine KI geschrieben hat.",
            "status": status,
            "once": uuid4(),
            "created_at": clock.now() - timedelta(days=1),
            "published_at": clock.now() - timedelta(days=1) if status in {"published", "hidden"} else None,
        }
        return await self.row(Comment, **(defaults | values))

    async def vote(self, comment: Made, person: Made | None = None, value: int = 1, **values: Any) -> Made:
        person = person or await self.person()
        return await self.row(Vote, comment_id=comment.id, person_id=person.id, value=value, **values)

    async def stance(self, thread: Made, person: Made | None = None, value: int = 1) -> Made:
        person = person or await self.person()
        return await self.row(Stance, thread_id=thread.id, person_id=person.id, value=value)

    async def consultation(self, **values: Any) -> Made:
        today = clock.today()
        defaults = {
            "slug": f"beteiligung-{next(_numbers)}",
            "title": "Leitlinien für KI",
            "lead": "Worum es geht.",
            "about": "Mehr dazu.",
            "starts_on": today - timedelta(days=5),
            "ends_on": today + timedelta(days=5),
            "published_at": clock.now() - timedelta(days=10),
        }
        return await self.row(Consultation, **(defaults | values))

    async def phase(self, consultation: Made, kind: str = "participation", **values: Any) -> Made:
        defaults = {"title": "Mitreden", "text": "Jetzt.", "starts_on": date(2026, 1, 1), "ends_on": None}
        return await self.row(Phase, consultation_id=consultation.id, kind=kind, **(defaults | values))

    async def area(self, **values: Any) -> Made:
        n = next(_numbers)
        defaults = {
            "key": f"E{n}",
            "slug": f"feld-{n}",
            "title": "Ethik",
            "summary": "Worum es geht.",
            "position": n,
        }
        return await self.row(Area, **(defaults | values))

    async def point(
        self, consultation: Made | None = None, thread: Made | None = None, **values: Any
    ) -> Made:
        """A point with its thread; the thread's dates follow the consultation's."""
        consultation = consultation or await self.consultation()
        code = values.pop("code", f"E{next(_numbers)}")
        if thread is None:
            opens, closes = clock.span(consultation.starts_on, consultation.ends_on)
            thread = await self.thread(
                title=f"{code} Kennzeichnung",
                address=f"/punkte/{code}",
                opens_at=opens,
                closes_at=closes,
                checks_first=consultation.checks_first,
                sealed_until=consultation.sealed_until,
                room_id=consultation.room_id,
                circle_id=consultation.circle_id,
            )
        defaults = {
            "title": "Kennzeichnung",
            "text": "Was eine KI geschrieben hat, wird gekennzeichnet.",
            "rationale": "Menschen sollen wissen, mit wem sie es zu tun haben.",
            "edition": "1.0",
            "position": 1,
        }
        made = await self.row(
            Point, consultation_id=consultation.id, thread_id=thread.id, code=code, **(defaults | values)
        )
        made.thread, made.consultation = thread, consultation
        return made

    async def rule(self, **values: Any) -> Made:
        async with self.database.writing() as db:
            book = upsert(Rulebook).values(
                version="1.0", title="Netiquette", intro="So gehen wir miteinander um."
            )
            await db.execute(book.on_conflict_do_nothing())
            book_id = (await db.execute(select(Rulebook.id).where(Rulebook.version == "1.0"))).scalar_one()
        defaults = {
            "number": next(_numbers),
            "title": "Respekt",
            "text": "Bleiben Sie freundlich.",
            "easy": "Seien Sie nett.",
            "reason": "Ihr Beitrag enthält eine Beleidigung. Bitte schreiben Sie ihn ohne sie noch einmal.",
        }
        return await self.row(Rule, rulebook_id=book_id, **(defaults | values))

    async def logo(self, data: bytes = b"<svg/>", kind: str = "svg", **values: Any) -> Made:
        defaults = {"digest": sha256(data).hexdigest(), "width": 384, "height": 192}
        return await self.row(Logo, data=data, kind=kind, **(defaults | values))

    async def appearance(self, **values: Any) -> Made:
        """A saved look, after all others."""
        async with self.database.writing() as db:
            newest = (await db.execute(select(func.max(Appearance.id)))).scalar() or 0
        return await self.row(Appearance, follows=newest, **values)

    async def terms(self, **values: Any) -> Made:
        defaults = {
            "version": f"1.{next(_numbers)}",
            "title": "Teilnahmebedingungen",
            "sections": [{"heading": "Wer mitmachen kann", "text": "Alle."}],
        }
        return await self.row(Terms, **(defaults | values))
