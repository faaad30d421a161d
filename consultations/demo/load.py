"""Loads the demonstration's city: content from the files here, votes from three invented opinion groups."""

import json
import random
import secrets
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from consultations.tables import Area, Consultation, Measure, Phase, Point, Response
from dialogue import accounts, journal
from dialogue.kit import clock, jobs, tokens
from dialogue.kit.text import normalise
from dialogue.tables import Comment, Person, Stance, Terms, Thread, Vote
from moderation.tables import Decision, Rule, Rulebook
from moderation.triage import signs

FOLDER = Path(__file__).parent
ROLES = ("citizen", "moderator", "editor", "panelist", "committee", "admin")
STATES = {"geplant": "planned", "läuft": "running", "fertig": "done"}
SEED = 836
SILENT = 320
STANCES = {"agree": 1, "pass": 0, "disagree": -1}
Say = Callable[[str], None]


@dataclass
class Loaded:
    """Ids made so far, by the keys the files use."""

    today: date
    rules: dict[str, int] = field(default_factory=dict)
    consultations: dict[str, int] = field(default_factory=dict)
    points: dict[str, tuple[int, int]] = field(default_factory=dict)
    ended: dict[str, float] = field(default_factory=dict)  # point → days since its consultation's end
    people: dict[str, int] = field(default_factory=dict)
    groups: dict[int, int] = field(default_factory=dict)
    comments: dict[str, int] = field(default_factory=dict)
    moderator: UUID | None = None

    def day(self, offset: float) -> date:
        return self.today + timedelta(days=offset)

    def moment(self, days_ago: float) -> datetime:
        return clock.now() - timedelta(days=days_ago)


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


async def _add(db: AsyncConnection, table: type[Any], **values: Any) -> int:
    key = next(iter(table.__table__.primary_key.columns))
    return int((await db.execute(insert(table).values(**values).returning(key))).scalar_one())


async def city(db: AsyncConnection, say: Say) -> None:
    """Everything of the demonstration's city, in the caller's transaction."""
    loaded = Loaded(clock.today())
    await _rules(db, loaded)
    await _strategy(db, loaded)
    say("Bürgerinnen und Bürger …")
    await _people(db, loaded)
    say("Beiträge …")
    await _contributions(db, loaded)
    say("Stimmen …")
    await _votes(db, loaded)
    await _responses(db, loaded)
    await journal.record(db, "demo.loaded", "demo")


async def _rules(db: AsyncConnection, loaded: Loaded) -> None:
    book, terms = _read("netiquette"), _read("terms")
    book_id = await _add(
        db,
        Rulebook,
        valid_from=loaded.moment(200),  # before the first contribution it is applied to
        **{key: book[key] for key in ("version", "title", "intro")},
    )
    for rule in book["rule"]:
        values = {key: rule[key].strip() for key in ("title", "text", "easy", "reason")}
        rule_id = await _add(db, Rule, rulebook_id=book_id, number=int(rule["number"]), **values)
        loaded.rules[rule["number"]] = rule_id
    await _add(db, Terms, version=terms["version"], title=terms["title"], sections=terms["section"])


async def _strategy(db: AsyncConnection, loaded: Loaded) -> None:
    strategy = _read("strategy")
    areas = {
        area["key"]: await _add(
            db, Area, position=position, **{k: area[k] for k in ("key", "slug", "title", "summary")}
        )
        for position, area in enumerate(strategy["area"])
    }
    for found in _read("consultations")["consultation"]:
        await _consultation(db, loaded, found)
    for position, point in enumerate(strategy["point"]):
        await _point(db, loaded, point, area_id=areas[point["area"]], position=position)
    for position, measure in enumerate(strategy["measure"]):
        await _add(
            db,
            Measure,
            area_id=areas[measure["area"]],
            position=position,
            state=STATES[measure["state"]],
            **{key: measure[key].strip() for key in ("code", "title", "text", "until", "cost")},
        )


async def _consultation(db: AsyncConnection, loaded: Loaded, found: dict[str, Any]) -> None:
    loaded.consultations[found["slug"]] = consultation_id = await _add(
        db,
        Consultation,
        slug=found["slug"],
        title=found["title"],
        lead=found["lead"].strip(),
        about=found["about"].strip(),
        starts_on=loaded.day(found["starts_in_days"]),
        ends_on=loaded.day(found["ends_in_days"]),
        checks_first=found["moderation"] == "pre",
        published_at=loaded.moment(200),
        results=[{"title": part["title"], "text": part["text"].strip()} for part in found.get("result", [])],
    )
    for phase in found["phase"]:
        last = phase["ends_in_days"]
        await db.execute(
            insert(Phase).values(
                consultation_id=consultation_id,
                kind=phase["kind"],
                title=phase["title"],
                text=phase["text"].strip(),
                starts_on=loaded.day(phase["starts_in_days"]),
                ends_on=None if last > 1000 else loaded.day(last),
            )
        )


async def _point(db: AsyncConnection, loaded: Loaded, point: dict[str, Any], **more: Any) -> None:
    consultation_id = loaded.consultations[point["consultation"]]
    frame = (await db.execute(select(Consultation.__table__).where(Consultation.id == consultation_id))).one()
    opens_at, closes_at = clock.span(frame.starts_on, frame.ends_on)
    thread_id = await _add(
        db,
        Thread,
        title=f"{point['code']} {point['title']}",
        address=f"/punkte/{point['code']}",
        opens_at=opens_at,
        closes_at=closes_at,
        checks_first=frame.checks_first,
    )
    point_id = await _add(
        db,
        Point,
        consultation_id=consultation_id,
        thread_id=thread_id,
        changed_at=loaded.moment(point["changed_days_ago"]),
        documents=point.get("documents", []),
        **{key: point[key].strip() for key in ("code", "title", "text", "rationale", "easy", "edition")},
        **more,
    )
    loaded.points[point["code"]] = (point_id, thread_id)
    loaded.ended[point["code"]] = max(0.0, (clock.now() - closes_at) / timedelta(days=1))


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
    moderator_id = await _add(db, Person, pseudonym="Moderation 1", created_at=loaded.moment(180))
    loaded.moderator = await journal.actor(db, moderator_id)


async def _contributions(db: AsyncConnection, loaded: Loaded) -> None:
    found = _read("contributions")["comment"]
    for comment in sorted(found, key=lambda each: (bool(each.get("parent")), -each["days_ago"])):
        await _contribution(db, loaded, comment)


async def _contribution(db: AsyncConnection, loaded: Loaded, comment: dict[str, Any]) -> None:
    status, at = comment.get("status", "published"), loaded.moment(comment["days_ago"])
    written = normalise(comment["text"])
    author_id, (_, thread_id) = loaded.people[comment["author"]], loaded.points[comment["point"]]
    number, decided = tokens.new_number(), status in {"rejected", "hidden"}
    loaded.comments[comment["key"]] = comment_id = await _add(
        db,
        Comment,
        number=number,
        thread_id=thread_id,
        parent_id=loaded.comments[comment["parent"]] if comment.get("parent") else None,
        author_id=author_id,
        text=written,
        status=status,
        revision=2 if decided else 1,
        signs=[sign.stored() for sign in signs.judge(written)],
        once=uuid4(),
        example=True,
        created_at=at,
        published_at=at if status in {"published", "hidden", "withdrawn"} else None,
    )
    if comment.get("stance"):
        taken = {
            "thread_id": thread_id,
            "person_id": author_id,
            "value": STANCES[comment["stance"]],
            "taken_at": at,
        }
        await db.execute(text(_STANCE), taken)
    if status == "published":
        await jobs.enqueue(db, "sentiment", comment=comment_id)
    if decided:
        await _decision(db, loaded, comment, comment_id, number)


_STANCE = (
    "INSERT INTO stances (thread_id, person_id, value, taken_at) "
    "VALUES (:thread_id, :person_id, :value, :taken_at) ON CONFLICT DO NOTHING"
)


async def _decision(
    db: AsyncConnection, loaded: Loaded, comment: dict[str, Any], comment_id: int, number: str
) -> None:
    kind = "reject" if comment["status"] == "rejected" else "hide"
    rule_id = loaded.rules[str(comment["rule"])]
    await db.execute(
        insert(Decision).values(
            comment_id=comment_id,
            revision=1,
            snapshot=sha256(normalise(comment["text"]).encode()).digest(),
            decision=kind,
            rule_id=rule_id,
            reasons=comment["reasons"].strip(),
            actor_id=loaded.moderator,
            origin="own",
            decided_at=loaded.moment(comment["decided_days_ago"]),
        )
    )
    await journal.record(
        db, f"comment.{comment['status']}", f"comment:{number}", decision=kind, rule=rule_id, example=True
    )


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
            if rng.random() < diligence:
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


# --- logins and the passing of time -----------------------------------------------------------------


async def logins(db: AsyncConnection) -> list[dict[str, str]]:
    """One account per role; the passwords are made once and stay."""
    made = []
    for role in ROLES:
        entry = {"role": role, "email": f"{role}@halle.example", "password": secrets.token_urlsafe(9)}
        await accounts.create(db, entry["email"], [] if role == "citizen" else [role], entry["password"])
        made.append(entry)
    return made


_SHIFTED = (
    "UPDATE consultations SET starts_on = starts_on + CAST(:days AS integer), "
    "ends_on = ends_on + CAST(:days AS integer), published_at = published_at + :span",
    "UPDATE phases SET starts_on = starts_on + CAST(:days AS integer), ends_on = ends_on + CAST(:days AS integer)",
    "UPDATE points SET changed_at = changed_at + :span",
    "UPDATE responses SET published_at = published_at + :span",
    "UPDATE threads SET opens_at = opens_at + :span, closes_at = closes_at + :span WHERE opens_at IS NOT NULL",
    "UPDATE comments SET created_at = created_at + :span, published_at = published_at + :span",
    "UPDATE votes SET cast_at = cast_at + :span",
    "UPDATE stances SET taken_at = taken_at + :span",
)


async def move_on(db: AsyncConnection, first_start: date) -> int:
    """Let the demonstration's dates follow today; returns by how many days."""
    days = (clock.today() - first_start).days
    if days > 0:
        for statement in _SHIFTED:
            values = {"days": days, "span": timedelta(days=days)}
            await db.execute(text(statement), {key: values[key] for key in values if f":{key}" in statement})
    return max(days, 0)


def marker(today: date) -> str:
    """What demo.json holds: that this data folder is a demonstration, and the day its dates stand at."""
    return json.dumps({"demo": True, "today": today.isoformat(), "written": clock.now().isoformat()})
