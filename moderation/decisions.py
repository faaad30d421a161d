"""Decisions: a person publishes, rejects, hides or restores, with rule and reasons, in one record."""

from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue import comments, journal
from dialogue.accounts import Current
from dialogue.kit import jobs
from dialogue.kit.database import Record
from dialogue.kit.errors import Conflict, Invalid
from dialogue.kit.text import length, normalise
from dialogue.tables import Actor
from moderation import queue, rules
from moderation.tables import Decision, Rule

LEADS_TO = {"publish": "published", "reject": "rejected", "hide": "hidden", "restore": "published"}
FROM = {
    "publish": {"pending"},
    "reject": {"pending"},
    "hide": {"published"},
    "restore": {"hidden", "rejected"},
}
SHORTEST_REASONS, LONGEST_REASONS = 20, 2_000


@dataclass(frozen=True)
class Ruling:
    """What a moderator decided: kind, the revision they saw, rule and reasons."""

    kind: str
    revision: int
    rule_id: int | None = None
    reasons: str = ""


def possible(comment: Record) -> list[str]:
    """The decisions a comment's status allows."""
    return [kind for kind, statuses in FROM.items() if comment.status in statuses]


async def decide(db: AsyncConnection, moderator: Current, comment: Record, ruling: Ruling) -> None:
    """Record a decision and let it take effect, in the caller's transaction.

    Raises Conflict when somebody was faster, when the comment is one's own, or when a restore would
    undo one's own decision; Invalid when rule or reasons are missing.
    """
    await _check(db, moderator, comment, ruling)
    reasons = normalise(ruling.reasons)
    if ruling.kind in {"reject", "hide"}:
        await rules.named(db, ruling.rule_id, comment.thread_id)
        if length(reasons) < SHORTEST_REASONS:
            raise Invalid(
                f"Bitte begründen Sie die Entscheidung mit mindestens {SHORTEST_REASONS} Zeichen.",
                field="reasons",
            )
    if length(reasons) > LONGEST_REASONS:
        raise Invalid("Bitte fassen Sie die Begründung kürzer: höchstens 2 000 Zeichen.", field="reasons")
    await comments.move(db, comment.id, ruling.revision, LEADS_TO[ruling.kind])
    await db.execute(
        insert(Decision).values(
            comment_id=comment.id,
            revision=ruling.revision,
            snapshot=sha256(comment.text.encode()).digest(),
            decision=ruling.kind,
            rule_id=ruling.rule_id if ruling.kind in {"reject", "hide"} else None,
            reasons=reasons,
            actor_id=await journal.actor(db, moderator.id),
            origin="own",
        )
    )
    await queue.release(db, comment.id)
    if comment.author_id and comment.source == "account":
        await jobs.enqueue(
            db, "mail", template=f"decision_{ruling.kind}", person=comment.author_id, comment=comment.id
        )
    await journal.record(
        db,
        f"comment.{LEADS_TO[ruling.kind]}",
        f"comment:{comment.number}",
        person_id=moderator.id,
        before=comment.status,
        decision=ruling.kind,
        rule=ruling.rule_id,
        reasons=reasons,
    )


async def _check(db: AsyncConnection, moderator: Current, comment: Record, ruling: Ruling) -> None:
    if comment.status not in FROM[ruling.kind]:
        raise Conflict("Dieser Beitrag wurde inzwischen entschieden. Bitte laden Sie ihn neu.")
    if comment.author_id == moderator.id:
        raise Conflict("Über den eigenen Beitrag entscheidet jemand anderes.")
    await queue.claim(db, moderator.id, comment.id)
    if ruling.kind == "restore":
        last = (await history(db, comment.id))[0]
        if last.person_id == moderator.id:
            raise Conflict(
                "Diese Entscheidung war Ihre eigene. Wiederherstellen darf sie nur jemand anderes aus der Moderation."
            )


_HISTORY = (
    select(
        Decision.decision,
        Decision.decided_at,
        Decision.reasons,
        Decision.origin,
        Decision.automated,
        Rule.number.label("rule_number"),
        Rule.title.label("rule_title"),
        Actor.person_id,
    )
    .outerjoin(Rule, Rule.id == Decision.rule_id)
    .outerjoin(Actor, Actor.id == Decision.actor_id)
    .order_by(Decision.id.desc())
)


async def history(db: AsyncConnection, comment_id: int) -> list[Record]:
    """All decisions on a comment, newest first."""
    return list(await db.execute(_HISTORY.where(Decision.comment_id == comment_id)))


async def latest(db: AsyncConnection, comment_id: int) -> Record | None:
    """The decision in force, for the author."""
    return (await db.execute(_HISTORY.where(Decision.comment_id == comment_id).limit(1))).first()
