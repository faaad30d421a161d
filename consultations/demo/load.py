"""Loads the demonstration's city: content from the files here, votes from three invented opinion groups."""

import random
import secrets
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from consultations.content import reading, storing
from consultations.content.shapes import Content
from consultations.demo import procedure, staff
from consultations.tables import Example, Point, Response, Version
from dialogue import accounts, journal
from dialogue.kit import clock, jobs, tokens
from dialogue.kit.text import normalise
from dialogue.tables import Comment, Person, Stance, Vote
from moderation.triage import levels, signs

FOLDER = Path(__file__).parent
# Two moderate: nobody restores what they hid themselves, and one stands in for the other.
ROLES = ("citizen", "moderator", "editor", "panelist", "committee", "admin", "moderator2")
SEED = 836
ANNOUNCED = 200  # days ago
SILENT = 320
STANCES = {"agree": 1, "pass": 0, "disagree": -1}
Say = Callable[[str], None]


@dataclass
class Loaded:
    """Ids made so far, by the keys the files use."""

    rules: dict[str, int]
    points: dict[str, tuple[int, int]]
    ended: dict[str, float] = field(default_factory=dict)  # point → days since its consultation's end
    people: dict[str, int] = field(default_factory=dict)
    groups: dict[int, int] = field(default_factory=dict)
    comments: dict[str, int] = field(default_factory=dict)
    moderators: list[UUID] = field(default_factory=list)

    @property
    def cast(self) -> procedure.Cast:
        return procedure.Cast(self.comments, self.rules, (self.moderators[0], self.moderators[1]))

    def moment(self, days_ago: float) -> datetime:
        return clock.now() - timedelta(days=days_ago)


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


async def _add(db: AsyncConnection, table: type[Any], **values: Any) -> int:
    key = next(iter(table.__table__.primary_key.columns))
    return int((await db.execute(insert(table).values(**values).returning(key))).scalar_one())


async def city(db: AsyncConnection, say: Say) -> None:
    """Everything of the demonstration's city, in the caller's transaction."""
    content = reading.read(FOLDER)
    stored = await storing.store(db, content, clock.now() - timedelta(days=ANNOUNCED))
    rows = [{"consultation_id": one, "stands_on": stored.today} for one in stored.consultations.values()]
    await db.execute(insert(Example), rows)
    loaded = Loaded(stored.rules, stored.points, _ended(content, stored.today))
    say("Bürgerinnen und Bürger …")
    await _people(db, loaded)
    say("Beiträge …")
    await _contributions(db, loaded)
    await procedure.happen(db, loaded.cast)
    say("Stimmen …")
    await _votes(db, loaded)
    await _responses(db, loaded)
    await staff.speak(db, loaded.points, loaded.cast)
    await _wordings(db, loaded)
    await journal.record(db, "demo.loaded", "demo")


def _ended(content: Content, today: date) -> dict[str, float]:
    """Days since the end of each point's consultation; 0 while it runs."""
    ends = {each.slug: clock.span(today, each.last(today) or today)[1] for each in content.consultations}
    since = {slug: max(0.0, (clock.now() - end) / timedelta(days=1)) for slug, end in ends.items()}
    return {point.code: since[point.consultation] for point in content.strategy.point}


async def _people(db: AsyncConnection, loaded: Loaded) -> None:
    """Those who write have names; many more only vote."""
    rng = random.Random(SEED)
    for person in _read("people")["person"]:
        values = {key: person[key] for key in ("pseudonym", "district", "age_band") if person.get(key)}
        person_id = await _add(
            db, Person, confirmed_at=loaded.moment(180), created_at=loaded.moment(180), **values
        )
        loaded.people[person["pseudonym"]], loaded.groups[person_id] = person_id, person["group"]
    for _ in range(SILENT):
        person_id = await _add(db, Person, confirmed_at=loaded.moment(180), created_at=loaded.moment(180))
        loaded.groups[person_id] = rng.choices((0, 1, 2), weights=(4, 4, 3))[0]
    for name in ("Moderation 1", "Moderation 2"):
        person_id = await _add(db, Person, pseudonym=name, created_at=loaded.moment(180))
        loaded.moderators.append(await journal.actor(db, person_id))


async def _contributions(db: AsyncConnection, loaded: Loaded) -> None:
    found = _read("contributions")["comment"]
    rng = random.Random(SEED)
    for comment in sorted(found, key=lambda each: (bool(each.get("parent")), -each["days_ago"])):
        await _contribution(db, loaded, comment, rng)


async def _contribution(
    db: AsyncConnection, loaded: Loaded, comment: dict[str, Any], rng: random.Random
) -> None:
    status, written = comment.get("status", "published"), normalise(comment["text"])
    author_id, (_, thread_id) = loaded.people[comment["author"]], loaded.points[comment["point"]]
    noticed = [sign.stored() for sign in signs.judge(written)]
    loaded.comments[comment["key"]] = comment_id = await _add(
        db,
        Comment,
        number=tokens.new_number(),
        thread_id=thread_id,
        parent_id=loaded.comments[comment["parent"]] if comment.get("parent") else None,
        author_id=author_id,
        text=written,
        status="pending",
        signs=noticed,
        urgency=levels.urgency(noticed),
        once=uuid4(),
        example=True,
        created_at=loaded.moment(comment["days_ago"]),
    )
    if comment.get("stance"):
        taken = {
            "thread_id": thread_id,
            "person_id": author_id,
            "value": STANCES[comment["stance"]],
            "taken_at": loaded.moment(comment["days_ago"]),
        }
        await db.execute(text(_STANCE), taken)
    if status == "pending":
        await jobs.enqueue(db, "triage", comment=comment_id, revision=1)
    elif status != "rejected":
        await _published(db, loaded, comment, rng, unseen=not noticed)
    if status == "published":
        await jobs.enqueue(db, "sentiment", comment=comment_id)
    elif status == "withdrawn":
        await db.execute(update(Comment).where(Comment.id == comment_id).values(status="withdrawn"))
    elif status != "pending":
        await _decision(db, loaded, comment, comment_id)


async def _published(
    db: AsyncConnection, loaded: Loaded, comment: dict[str, Any], rng: random.Random, *, unseen: bool
) -> None:
    """In the ended consultation triage let pass what it noticed nothing in, and somebody read one in ten of it;
    everything else a person read before it appeared."""
    comment_id, days, written = (
        loaded.comments[comment["key"]],
        comment["days_ago"],
        normalise(comment["text"]),
    )
    if unseen and loaded.ended[comment["point"]]:
        await procedure.publish(db, comment_id, days, None, written)
        if comment.get("status", "published") == "published" and rng.random() < 0.1:
            await procedure.drawn(db, loaded.cast, comment_id, days - 1, days - 1.3)
    else:
        at = max(days - rng.lognormvariate(0.6, 0.9) / 24, days * 0.9)
        await procedure.publish(db, comment_id, at, rng.choice(loaded.moderators), written)


_STANCE = (
    "INSERT INTO stances (thread_id, person_id, value, taken_at) "
    "VALUES (:thread_id, :person_id, :value, :taken_at) ON CONFLICT DO NOTHING"
)


async def _decision(db: AsyncConnection, loaded: Loaded, comment: dict[str, Any], comment_id: int) -> None:
    kind, at = "reject" if comment["status"] == "rejected" else "hide", comment["decided_days_ago"]
    said = {
        "kind": kind,
        "by": 1,
        "days_ago": at,
        "rule": str(comment["rule"]),
        "reasons": comment["reasons"],
    }
    if notice := comment.get("notice"):
        told = {"days_ago": at + 0.3, "answer": said, **notice}
        await procedure.notice(db, loaded.cast, comment_id, told)
    else:
        await procedure.decide(db, loaded.cast, comment_id, said)


async def _votes(db: AsyncConnection, loaded: Loaded) -> None:
    """Each person votes on some contributions and answers some points; the dice have a fixed seed."""
    rng = random.Random(SEED)
    published = [
        each for each in _read("contributions")["comment"] if each.get("status", "published") == "published"
    ]
    votes, stances = [], []
    for person_id, group in loaded.groups.items():
        diligence = rng.betavariate(1.2, 3.5)
        for comment in published:
            if rng.random() < diligence and loaded.people[comment["author"]] != person_id:
                votes.append(
                    {
                        "comment_id": loaded.comments[comment["key"]],
                        "person_id": person_id,
                        "value": _draw(rng, comment["likes"][group], comment["nays"][group]),
                        "cast_at": _between(rng, loaded, comment["days_ago"], comment["point"]),
                    }
                )
        for code, (_, thread_id) in loaded.points.items():
            if code not in staff.CODES and rng.random() < diligence:
                value = _draw(rng, *_leaning(published, code, group))
                at = _between(rng, loaded, loaded.ended[code] + 10, code)
                stances.append(
                    {"thread_id": thread_id, "person_id": person_id, "value": value, "taken_at": at}
                )
    await db.execute(insert(Vote), votes)
    taken = {
        (row.thread_id, row.person_id) for row in await db.execute(select(Stance.thread_id, Stance.person_id))
    }
    await db.execute(
        insert(Stance), [each for each in stances if (each["thread_id"], each["person_id"]) not in taken]
    )


def _between(rng: random.Random, loaded: Loaded, days_ago: float, code: str) -> datetime:
    """A moment between a contribution and the end of its consultation (or now)."""
    return loaded.moment(rng.uniform(loaded.ended[code], days_ago))


def _draw(rng: random.Random, likes: float, nays: float) -> int:
    return rng.choices((1, -1, 0), weights=(likes, nays, max(0.0, 1 - likes - nays)))[0]


def _leaning(published: Iterable[dict[str, Any]], code: str, group: int) -> tuple[float, float]:
    """How a group stands to a point: as it stands, on average, to those who agree with it."""
    told = [each for each in published if each["point"] == code and each.get("stance") == "agree"]
    if not told:
        return 0.5, 0.2
    size = len(told)
    return sum(each["likes"][group] for each in told) / size, sum(each["nays"][group] for each in told) / size


async def _responses(db: AsyncConnection, loaded: Loaded) -> None:
    for answer in _read("responses")["response"]:
        await _add(
            db,
            Response,
            comment_id=loaded.comments[answer["comment"]],
            point_id=loaded.points[answer["point"]][0],
            published_at=loaded.moment(answer["days_ago"]),
            **{key: answer[key].strip() for key in ("outcome", "reasons", "before", "after")},
        )


async def _wordings(db: AsyncConnection, loaded: Loaded) -> None:
    """How the sentences of the first consultation's points read before contributions changed them."""
    changed: dict[str, list[dict[str, str]]] = {}
    for answer in _read("responses")["response"]:
        if answer["after"].strip() and answer["before"].strip():
            changed.setdefault(answer["point"], []).append(answer)
    for code, answers in changed.items():
        now = (await db.execute(select(Point.__table__).where(Point.code == code))).one()
        former = now.text
        for answer in answers:
            former = former.replace(answer["after"].strip(), answer["before"].strip())
        words = {"title": now.title, "rationale": now.rationale, "code": now.code}
        for number, edition, wording, at in (
            (1, "1.0", former, loaded.moment(ANNOUNCED)),
            (2, now.edition, now.text, now.changed_at),
        ):
            content = words | {"text": wording, "edition": edition}
            step = {"subject": now.uid, "number": number, "kind": "point", "act": "published"}
            await db.execute(insert(Version).values(**step, content=content, saved_at=at))


async def logins(db: AsyncConnection, known: list[dict[str, str]] | None = None) -> list[dict[str, str]]:
    """One account per role and a second one for moderation, with the passwords of the entries, else with new ones."""
    entries = known or [
        {"role": role, "email": f"{role}@halle.example", "password": secrets.token_urlsafe(9)}
        for role in ROLES
    ]
    for entry in entries:
        password = {"password": await accounts.hashed(entry["password"])}
        there = update(Person).where(Person.email == entry["email"]).values(password).returning(Person.id)
        if (await db.execute(there)).first() is None:
            roles = [] if entry["role"] == "citizen" else [entry["role"].rstrip("2")]
            person_id = await accounts.create(db, entry["email"], roles, entry["password"])
            if entry["role"] in staff.MEMBERS:
                await staff.take_in(db, person_id)
            if not roles:
                await db.execute(text(_GIVEN), {"email": entry["email"]})
    return entries


# Nobody invented reads mail: what a decision tells its author is seen signed in as the citizen.
_GIVEN = (
    "UPDATE comments SET author_id = (SELECT id FROM people WHERE email = :email) WHERE id IN "
    "(SELECT id FROM comments WHERE status = 'pending' ORDER BY created_at LIMIT 2)"
)
