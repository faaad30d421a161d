"""The rarer states of a city, added to the demonstration through the same doors as in life."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
from sqlalchemy import func, insert, select

from consultations.editing import items
from consultations.editing.pages import LEGAL_UIDS
from consultations.outcome import exports
from consultations.tables import Consultation, Export, Point, Response
from dialogue import comments, threads
from dialogue.accounts import Current
from dialogue.kit import clock, tokens
from dialogue.kit.database import Database
from dialogue.tables import Absence, Comment, Job, Thread
from moderation import appeals, closing, decisions, intake, rules
from moderation.tables import Flag, Merge, Original, Rule
from tests.consultations.editing.conftest import POINT, Desk, consultation
from tests.make import Made, Make
from tests.moderation import matter

SECRET = "0123-4567-89AB"
REASONS = "Der Text nennt eine Person, die sich hier nicht wehren kann. Bitte schreiben Sie ihn ohne sie."


def current(person: Made, *roles: str) -> Current:
    return Current(person.id, person.pseudonym, person.email, "account", frozenset(roles), 0, clock.now())


async def thread_of(database: Database, code: str) -> int:
    async with database.reading() as db:
        return int((await db.execute(select(Point.thread_id).where(Point.code == code))).scalar_one())


async def write(database: Database, person: Made, thread_id: int, text: str) -> str:
    """A contribution through the gate; returns its number."""
    async with database.writing() as db:
        draft = intake.Draft(await threads.get(db, thread_id, None), text, uuid4(), SECRET)
        return (await intake.submit(db, current(person), draft)).number


async def decide(
    database: Database, moderator: Made, number: str, kind: str = "publish", reasons: str = ""
) -> None:
    """A moderator's decision; for a "no" with the first rule."""
    async with database.writing() as db:
        comment = await comments.by_number(db, number, comments.Viewer(moderates=True))
        rule_id = None
        if kind in {"reject", "hide"}:
            rule_id = (await db.execute(select(Rule.id).order_by(Rule.number).limit(1))).scalar_one()
        ruling = decisions.Ruling(kind, comment.revision, rule_id, reasons)
        await decisions.decide(db, current(moderator, "moderator"), comment, ruling)


@asynccontextmanager
async def nothing_waits(owner: asyncpg.Connection) -> AsyncIterator[None]:
    """A moment in which the queue is empty; back is a way no statement of the application may go."""
    await owner.execute("SET session_replication_role = replica")
    held = await owner.fetch("UPDATE comments SET status = 'withdrawn' WHERE status = 'pending' RETURNING id")
    try:
        yield
    finally:
        await owner.execute(
            "UPDATE comments SET status = 'pending' WHERE id = ANY($1)", [row["id"] for row in held]
        )
        await owner.execute("SET session_replication_role = origin")


@asynccontextmanager
async def hinted(owner: asyncpg.Connection) -> AsyncIterator[None]:
    """A moment in which the votes showed something."""
    span = '"begins": "2026-11-20T18:00:00+00:00", "ends": "2026-11-20T18:40:00+00:00"'
    found = [
        ("burst", "id", f'{{"votes": 17, "of": 20, {span}}}'),
        ("alike", "NULL", f'{{"people": 6, "comments": 14, {span}}}'),
    ]
    for kind, comment, detail in found:
        await owner.execute(
            f"INSERT INTO vote_hints (kind, thread_id, comment_id, detail, day) "
            f"SELECT '{kind}', thread_id, {comment}, '{detail}', current_date FROM comments ORDER BY id LIMIT 1"
        )
    try:
        yield
    finally:
        await owner.execute("DELETE FROM vote_hints")


async def rare(database: Database, make: Make, people: dict[str, Made], work: Any) -> dict[str, str]:
    """States the demonstration does not show; returns the words that fill the addresses of the pages."""
    citizen, moderator, panelist = people["citizen"], people["moderator"], people["panelist"]
    later = {"ends_on": clock.today() + timedelta(days=400)}  # the start page asks for what ends first
    await make.point(await make.consultation(slug="leer", title="Noch ganz am Anfang", **later), code="Z1")
    seal = clock.start_of(later["ends_on"])
    sealed = await make.point(await make.consultation(slug="verdeckt", sealed_until=seal, **later), code="Z2")
    await make.point(await make.consultation(slug="gleicher-titel", **later), code="Z3")
    await make.comment(sealed.thread)
    thread, ended = await thread_of(database, "E3"), await thread_of(database, "E1")
    await make.stance(Made(id=thread), citizen)
    words = {
        "thread": str(thread),
        "ended": str(ended),
        "waiting": await write(database, citizen, thread, "Bitte auch an die Schulen denken."),
        "refused": await write(database, citizen, thread, "Frau Beispiel aus dem Amt ist daran schuld."),
        "receipt": await write(database, citizen, thread, "Gut, dass jemand fragt."),
        "signs": await write(database, citizen, thread, "Ihr Idioten, ruft mich an: 0345 1234567!"),
        "own": await write(database, moderator, thread, "Das schreibe ich als Bürgerin."),
        **await _of_the_demonstration(database),
        **await _jobs(database, panelist),
        **await _edited(make, people["editor"]),
        **await _circle(make, people, later),
        **await _procedure(database, make, citizen, thread),
        **await _moderated(make, later),
    }
    await decide(database, moderator, words["refused"], "reject", REASONS)
    await decide(database, moderator, words["receipt"])
    await work()
    return words | {"secret": SECRET, "email": citizen.email, "password": citizen.password}


async def _of_the_demonstration(database: Database) -> dict[str, str]:
    parent = (
        select(Comment.parent_id)
        .join(Thread, Thread.id == Comment.thread_id)
        .where(Comment.status == "published", Comment.parent_id.is_not(None), threads.OPEN)
        .group_by(Comment.parent_id)
        .order_by(func.count().desc(), Comment.parent_id)
        .limit(1)
        .scalar_subquery()
    )
    answered = (
        select(Response.comment_id)
        .where(Response.after != "")
        .order_by(Response.id)
        .limit(1)
        .scalar_subquery()
    )
    queries = {
        "talked": select(Comment.number).where(Comment.id == parent),
        "answered": select(Comment.number).where(Comment.id == answered),
        "rejected": select(Comment.number).where(Comment.status == "rejected").order_by(Comment.id).limit(1),
    }
    async with database.reading() as db:
        return {name: str((await db.execute(query)).scalar_one()) for name, query in queries.items()}


async def _procedure(database: Database, make: Make, author: Made, thread_id: int) -> dict[str, str]:
    """Notices, open and settled, and appeals: open, answered either way; decided by others than the demonstration's
    moderator."""
    first, second = await make.moderator(), await make.moderator()
    texts = {
        "objected": "Die Leitung hat davon doch keine Ahnung.",
        "kept": "Wer das glaubt, ist selbst schuld.",
        "restored": "Das Amt hat hier geschlafen.",
    }
    words = {name: await write(database, author, thread_id, text) for name, text in texts.items()}
    for name, number in words.items():
        await decide(database, first, number, "reject", REASONS)
        async with database.writing() as db:
            comment = await comments.by_number(db, number, comments.Viewer(moderates=True))
            await appeals.file(db, comment, "Ich kritisiere ein Amt, keinen Menschen.", person_id=author.id)
        if name != "objected":
            kind = "restore" if name == "restored" else "keep"
            await decide(database, second, number, kind, "Wir haben Ihren Beitrag noch einmal ganz gelesen.")
    for name in ("flagged", "settled"):
        comment = await make.comment(
            Made(id=thread_id), text="Frau Muster aus der Silberhöhe ist schuld daran."
        )
        secret = {"secret_hash": tokens.digest(tokens.typed(SECRET)), "key": b"1", "once": uuid4()}
        said = {"category": "personal", "text": "Das ist meine Nachbarin.", "contact": "anna@x.example"}
        flag = await make.row(Flag, number=f"M-{comment.number}", comment_id=comment.id, **said, **secret)
        words |= {name: comment.number, f"{name}_notice": flag.number}
    await decide(database, first, words["settled"], "hide", REASONS)
    return words


async def _circle(make: Make, people: dict[str, Made], later: dict[str, Any]) -> dict[str, str]:
    """A conversation for one office, and somebody there who is away and blocked."""
    people["member"] = await make.citizen()
    circle = await make.circle(people["member"], name="Bauamt")
    consultation = await make.consultation(slug="nur-bauamt", circle_id=circle.id, **later)
    point = await make.point(consultation, code="Z4")
    await make.comment(point.thread, people["member"])
    away = await make.moderator(blocked_until=later["ends_on"], blocked_why="Beleidigt andere.")
    days = {"starts_on": clock.today(), "ends_on": clock.today() + timedelta(days=9)}
    await make.row(Absence, person_id=away.id, deputy_id=people["moderator"].id, **days)
    return {"circle": str(circle.id), "away": str(away.id), "away_email": away.email}


async def _moderated(make: Make, later: dict[str, Any]) -> dict[str, str]:
    """A closed discussion, a notice, an appeal against a blacking out, and a near-duplicate under another entry."""
    point = await make.point(await make.consultation(slug="geschlossen", **later), code="Z5")
    rule, judge = await make.rule(), await make.moderator()
    reported, other = [await make.comment(point.thread) for _ in range(2)]
    await matter.flag(make, reported)
    merged = await make.comment(point.thread, parent_id=other.id)
    await make.row(Merge, comment_id=merged.id, into_id=other.id)
    contested = await make.comment(point.thread, text="Fragen Sie [geschwärzt].", revision=2)
    decision = await matter.decided_by(make, contested, judge, "publish_masked", rule)
    original = {"decision_id": decision.id, "comment_id": contested.id, "text": "Fragen Sie Frau Beispiel."}
    await make.row(Original, **original)
    await matter.appeal(make, contested, decision)
    async with make.database.writing() as db:
        thread = await closing.find(db, point.thread.id, comments.Viewer(moderates=True))
        used = await rules.of(db, point.thread.id)
        await closing.close(db, current(judge, "moderator"), thread, used[0].id, REASONS)
    made = {"reported": reported, "contested": contested, "merged": merged}
    return {name: comment.number for name, comment in made.items()} | {"closed": str(point.thread.id)}


async def _edited(make: Make, editor: Made) -> dict[str, str]:
    """Drafts, a point whose wording changed, a page with HTML in it, and something thrown away."""
    desk, uids = Desk(make.database, editor), {}
    days = {"starts_on": (clock.today() + timedelta(days=30)).isoformat(), "ends_on": ""}
    uids["planned"] = await desk.save("consultation", **consultation(title="In Vorbereitung", **days))
    in_it = {"consultation": str(uids["planned"]), "code": "Z19", "easy": "Kurz."}
    uids["new_point"] = await desk.save("point", **(POINT | in_it))
    point = await make.point(await make.consultation(ends_on=clock.today() + timedelta(days=400)), code="Z18")
    for text in ("Was KI schreibt, muss man erkennen.", "Was KI schreibt oder malt, muss man erkennen."):
        await desk.save("point", point.uid, text=text)
        if "malt" not in text:
            await desk.publish("point", point.uid)
    page = "## Wie geht das?\n\n- lesen\n- **schreiben**\n\n<b>Fragen?</b> [Netiquette](/netiquette)"
    uids["info"] = await desk.published("page", title="So geht es", text=page)
    await desk.save("page", uids["info"], text=page + "\n\nNeu.")
    uids["imprint"] = next(uid for uid, slug in LEGAL_UIDS.items() if slug == "impressum")
    gone = await desk.save("area", title="Verworfenes Feld")
    await desk.act(items.discard, "area", gone)
    return {name: str(uid) for name, uid in uids.items()} | {"changed": str(point.uid), "gone": str(gone)}


async def _jobs(database: Database, panelist: Made) -> dict[str, str]:
    states = {
        "job_running": {"status": "running", "progress": 40, "message": "Stimmen"},
        "job_failed": {"status": "failed", "message": "Die Datei ließ sich nicht schreiben."},
    }
    made = {}
    async with database.writing() as db:
        found = (await db.execute(select(Consultation).where(Consultation.slug == "auftakt"))).one()
        about = {"consultation_id": found.id, "role": "panelist", "format": "csv"}
        for name, state in states.items():
            order = {"name": "export", "title": "Daten zu „Auftakt“", "args": {}, "person_id": panelist.id}
            made[name] = (await db.execute(insert(Job).values(order | state).returning(Job.id))).scalar_one()
            await db.execute(insert(Export).values(job_id=made[name], **about))
        made["job_done"] = await exports.start(
            db, found.id, found.title, role="panelist", person_id=panelist.id
        )
    return {name: str(id) for name, id in made.items()}
