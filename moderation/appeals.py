"""Appeals (Beschwerden): the author objects to a decision, once; another moderator answers."""

from datetime import timedelta
from functools import partial

from sqlalchemy import bindparam, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue import comments, journal
from dialogue.kit import jobs
from dialogue.kit.database import Record
from dialogue.kit.errors import Conflict
from dialogue.kit.messages import long_date
from moderation import records
from moderation.tables import Appeal

SHORTEST = 20
explained = partial(comments.explained, least=SHORTEST)


KEPT = timedelta(days=3653)  # ten years


class Refused(Conflict):
    """There is nothing to object to, and asking again changes nothing."""

    title = "Eine Beschwerde ist hier nicht möglich"
    may_pass = False


async def contested(db: AsyncConnection, comment: Record) -> Record:
    """The decision in force that its author may object to, or already has; Refused when there is none."""
    if comment.erased_at is not None or comment.status == "withdrawn":
        raise Refused("Sie haben diesen Beitrag zurückgenommen. Über ihn wird nicht mehr entschieden.")
    decision = await records.latest(db, comment.id)
    if decision is None or decision.decision not in records.AGAINST:
        raise Refused(
            "Zu diesem Beitrag gibt es gerade keine Entscheidung, gegen die Sie sich wehren müssten."
        )
    if not decision.appealable and decision.appealed_at is None:
        raise Refused(
            f"Die Frist für eine Beschwerde endete am {long_date(decision.appeal_until)}. "
            "Unabhängig davon können Sie sich an ein Gericht wenden."
        )
    return decision


_FILE = (
    insert(Appeal)
    .values({name: bindparam(name) for name in ("decision_id", "comment_id", "text")})
    .on_conflict_do_nothing(index_elements=[Appeal.decision_id])
    .returning(Appeal.id)
)


async def file(db: AsyncConnection, comment: Record, text: str, *, person_id: int | None) -> None:
    """Store an appeal against the decision in force; a second one leaves the first as it is.

    It counts as a revision: a moderator who has the case open sees it before deciding. Raises Conflict when
    somebody decided a moment ago, Refused when there is nothing to object to.
    """
    decision = await contested(db, comment)
    values = {"decision_id": decision.id, "comment_id": comment.id, "text": explained(text)}
    if (appeal := (await db.execute(_FILE, values)).scalar()) is None:
        return
    await comments.stay(db, comment.id, comment.revision, comment.status)
    if comment.author_id is not None:
        about = {"comment": comment.id, "decision": decision.id}
        await jobs.enqueue(db, "mail", template="appeal_received", person=comment.author_id, **about)
    await journal.record(
        db,
        "comment.appealed",
        f"comment:{comment.number}",
        person_id=person_id,
        appeal=appeal,
        record=decision.id,
    )


async def sweep(db: AsyncConnection) -> None:
    """Forget what was complained ten years after it was answered; that there was a complaint stays."""
    over = Appeal.settled_at < func.now() - KEPT
    await db.execute(update(Appeal).where(over, Appeal.text != comments.GONE).values(text=comments.GONE))
