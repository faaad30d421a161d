"""What asks for a decision, made by hand: notices, appeals, the audit; and what moderators do, by their forms."""

from uuid import uuid4

from sqlalchemy import select

from dialogue import journal
from dialogue.kit import clock
from dialogue.tables import Comment
from moderation.tables import Appeal, Audit, Decision, Flag

REASONS = "Bitte lassen Sie die Beleidigung weg, dann gern noch einmal."


async def flag(make, comment, **values):
    n = uuid4()
    words = {"number": f"M-{n.hex[:6]}", "category": "insult", "text": "Das ist eine Beleidigung."}
    keys = {"key": n.bytes, "once": n, "secret_hash": b""}
    return await make.row(Flag, comment_id=comment.id, **(words | keys | values))


async def audit(make, comment, **values):
    return await make.row(Audit, comment_id=comment.id, **({"drawn_on": clock.today()} | values))


async def decided_by(make, comment, person, kind, rule, revision=1):
    """A record as it stands after somebody's decision; the contribution is not touched."""
    async with make.database.writing() as db:
        actor = await journal.actor(db, person.id)
    words = {"decision": kind, "rule_id": rule.id, "reasons": REASONS, "origin": "own", "snapshot": b""}
    return await make.row(Decision, comment_id=comment.id, revision=revision, actor_id=actor, **words)


async def appeal(make, comment, decision, **values):
    words = {"text": "Ich habe niemanden beleidigt."}
    return await make.row(Appeal, comment_id=comment.id, decision_id=decision.id, **(words | values))


async def decide(browser, comment, decision, *, address="", headers=None, **form):
    """Send the form of a case, without opening it."""
    values = {"decision": decision, "revision": comment.revision, **form}
    return await browser.post(f"/moderation/{comment.number}/entscheiden{address}", headers=headers, **values)


async def now(database, comment):
    """The row of a comment as it is now."""
    async with database.reading() as db:
        return (await db.execute(select(Comment.__table__).where(Comment.id == comment.id))).one()


async def records(database):
    async with database.reading() as db:
        return (await db.execute(select(Decision.__table__).order_by(Decision.id))).all()
