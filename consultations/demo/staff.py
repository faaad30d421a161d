"""The demonstration's conversation for the staff alone: what they say there, and who may read it."""

import tomllib
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from consultations.demo import procedure
from dialogue.kit import clock, tokens
from dialogue.tables import Comment, Member, Person, Stance, Thread, Vote

CODES = ("W1", "W2", "W3")
MEMBERS = ("editor", "committee", "admin")  # of the logins
VALUES = {"agree": 1, "pass": 0, "disagree": -1}
_CIRCLE = select(Thread.circle_id).where(Thread.address == f"/punkte/{CODES[0]}").scalar_subquery()


async def take_in(db: AsyncConnection, person_id: int) -> None:
    """Make a person a member of the staff's circle."""
    await db.execute(insert(Member).values(circle_id=_CIRCLE, person_id=person_id))


async def speak(db: AsyncConnection, points: dict[str, tuple[int, int]], cast: procedure.Cast) -> None:
    """What the invented staff wrote, published without a person, each voted on by all others; the last of it was
    drawn for somebody to read."""
    found = tomllib.loads(Path(__file__).with_name("staff.toml").read_text(encoding="utf-8"))
    people = {}
    for name in dict.fromkeys(each["author"] for each in found["comment"]):
        added = insert(Person).values(pseudonym=name, confirmed_at=clock.now()).returning(Person.id)
        people[name] = (await db.execute(added)).scalar_one()
        await take_in(db, people[name])
    for each in found["comment"]:
        author, thread, at = people[each["author"]], points[each["point"]][1], _ago(each["days_ago"])
        words = {"text": each["text"], "number": tokens.new_number(), "once": uuid4(), "example": True}
        state = {"internal": True, "status": "pending", "created_at": at}
        home = {"thread_id": thread, "author_id": author}
        comment = insert(Comment).values(words | state | home).returning(Comment.id)
        comment_id = (await db.execute(comment)).scalar_one()
        await procedure.publish(db, comment_id, each["days_ago"], None, each["text"])
        if "stance" in each:
            taken = {
                "person_id": author,
                "thread_id": thread,
                "value": VALUES[each["stance"]],
                "taken_at": at,
            }
            await db.execute(insert(Stance).values(taken))
        voters = (person for person in people.values() if person != author)
        rows = zip(voters, each["votes"], strict=True)
        votes = [{"comment_id": comment_id, "person_id": person, "value": value} for person, value in rows]
        await db.execute(insert(Vote), votes)
    await procedure.drawn(db, cast, comment_id, each["days_ago"] - 1)


def _ago(days: float) -> object:
    return clock.now() - timedelta(days=days)
