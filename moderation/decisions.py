"""Decisions: a person publishes, rejects, hides or restores, with rule and reasons, in one record.

Where contributions are checked later, triage publishes those it noticed nothing in: a record as well.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import bindparam, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue import comments, journal
from dialogue.accounts import Current
from dialogue.kit import jobs, tokens
from dialogue.kit.database import Record
from dialogue.kit.errors import Conflict, Invalid
from dialogue.kit.text import is_blank, length, normalise
from dialogue.tables import Actor, Comment, JournalEntry
from moderation import queue, rules
from moderation.tables import Decision, Rule
from moderation.triage import signs

LEADS_TO = {"publish": "published", "reject": "rejected", "hide": "hidden", "restore": "published"}
FROM = {
    "publish": {"pending"},
    "reject": {"pending"},
    "hide": {"published"},
    "restore": {"hidden", "rejected"},
}
AGAINST = {"reject", "hide"}  # these need a rule and reasons
SHORTEST_REASONS, LONGEST_REASONS = 20, 2_000
NEW = 1  # a comment's first revision
OWN_DECISION = (
    "Diese Entscheidung war Ihre eigene. Wiederherstellen darf sie nur jemand anderes aus der Moderation."
)
UNSEEN = f"Der Vorprüfung (Fassung {signs.VERSION}) ist in diesem Beitrag nichts aufgefallen."


@dataclass(frozen=True)
class Ruling:
    """What a moderator decided: kind, the revision they saw, rule and reasons."""

    kind: str
    revision: int
    rule_id: int | None = None
    reasons: str = ""


class Barred(Conflict):
    """Not this case, not this person: nothing about that changes by asking again."""

    title = "Das entscheiden nicht Sie"
    may_pass = False


def possible(comment: Record) -> list[str]:
    """The decisions a comment's status allows."""
    return [kind for kind, statuses in FROM.items() if comment.status in statuses]


def barred(moderator_id: int, comment: Record, last: Record | None) -> str:
    """Why this person cannot decide the case after its last decision; empty when they can."""
    if comment.author_id == moderator_id:
        return "Das ist Ihr eigener Beitrag. Darüber entscheidet jemand anderes."
    if not possible(comment):
        return "Dieser Beitrag wurde zurückgezogen. Zu entscheiden ist daran nichts mehr."
    if comment.status in FROM["restore"] and last is not None and last.person_id == moderator_id:
        return OWN_DECISION
    return ""


async def claim(db: AsyncConnection, moderator: Current, comment: Record) -> None:
    """Take a case for 15 minutes: only one that the person may decide, else it would be closed to all."""
    if reason := barred(moderator.id, comment, await latest(db, comment.id)):
        raise Barred(reason)
    await queue.claim(db, moderator.id, comment.id)


async def decide(db: AsyncConnection, moderator: Current, comment: Record, ruling: Ruling) -> int:
    """Record a decision, let it take effect in the caller's transaction, and return its id.

    Raises Conflict when somebody was faster, Barred when the comment is one's own or a restore would undo
    one's own decision, Invalid when rule or reasons are missing. The same decision again returns the first.
    """
    try:
        return await _effective(db, moderator, comment, ruling)
    except Conflict:
        if (made := await _made(db, moderator, comment, ruling)) is None:
            raise
        await queue.release(db, moderator.id, comment.id)
        return made


_MADE = (
    select(Decision.id)
    .join(Actor, Actor.id == Decision.actor_id)
    .where(
        Decision.comment_id == bindparam("comment"),
        Decision.revision == bindparam("seen"),
        Decision.decision == bindparam("kind"),
        Actor.person_id == bindparam("me"),
    )
)


async def _made(db: AsyncConnection, moderator: Current, comment: Record, ruling: Ruling) -> int | None:
    """The same decision by the same person on the same text, if there is one: a button pressed twice."""
    values = {"comment": comment.id, "seen": ruling.revision, "kind": ruling.kind, "me": moderator.id}
    return (await db.execute(_MADE, values)).scalar()


async def _effective(db: AsyncConnection, moderator: Current, comment: Record, ruling: Ruling) -> int:
    await _check(db, moderator, comment, ruling)
    rule = await rules.named(db, ruling.rule_id, comment.thread_id) if ruling.kind in AGAINST else None
    reasons = _reasons(ruling)
    await comments.move(db, comment.id, ruling.revision, LEADS_TO[ruling.kind])
    decision_id = await _insert(
        db,
        comment.id,
        comment.text,
        revision=ruling.revision,
        decision=ruling.kind,
        rule_id=rule.id if rule else None,
        reasons=reasons,
        actor_id=await journal.actor(db, moderator.id),
        origin="own",
    )
    await queue.release(db, moderator.id, comment.id)
    if comment.author_id and comment.source == "account":
        about = {"comment": comment.id, "decision": decision_id}
        await jobs.enqueue(db, "mail", template=f"decision_{ruling.kind}", person=comment.author_id, **about)
    await journal.record(
        db,
        f"comment.{LEADS_TO[ruling.kind]}",
        f"comment:{comment.number}",
        person_id=moderator.id,
        before=comment.status,
        decision=ruling.kind,
        record=decision_id,
        rule=rule.number if rule else None,
        rulebook=rule.version if rule else None,
        reasons_sha256=sha256(reasons.encode()).hexdigest() if reasons else None,
    )
    return decision_id


async def _check(db: AsyncConnection, moderator: Current, comment: Record, ruling: Ruling) -> None:
    if comment.status not in FROM[ruling.kind]:
        raise Conflict("Dieser Beitrag wurde inzwischen entschieden. Bitte laden Sie ihn neu.")
    await claim(db, moderator, comment)


def _readable(text: str) -> int:
    """How many characters of a text can be seen, with one blank between its words."""
    words = ("".join(sign for sign in word if not is_blank(sign)) for word in text.split())
    return length(" ".join(word for word in words if word))


def _reasons(ruling: Ruling) -> str:
    """What the author will read, or Invalid. Kept in the decision alone: the journal is for ever."""
    reasons = normalise(ruling.reasons)
    if ruling.kind in AGAINST and _readable(reasons) < SHORTEST_REASONS:
        raise Invalid(
            f"Bitte begründen Sie die Entscheidung mit mindestens {SHORTEST_REASONS} Zeichen.",
            field="reasons",
        )
    if length(reasons) > LONGEST_REASONS:
        raise Invalid("Bitte fassen Sie die Begründung kürzer: höchstens 2 000 Zeichen.", field="reasons")
    return reasons


async def _insert(db: AsyncConnection, comment_id: int, text: str, **values: Any) -> int:
    record = insert(Decision).values(comment_id=comment_id, snapshot=sha256(text.encode()).digest(), **values)
    return int((await db.execute(record.returning(Decision.id))).scalar_one())


async def publish_unseen(db: AsyncConnection, comment_id: int, text: str) -> int:
    """Publish a new comment in which triage noticed nothing: the one decision without a person.

    Leaves the entry in the journal to the caller and returns the id of the record.
    """
    await comments.move(db, comment_id, NEW, "published")
    return await _insert(
        db,
        comment_id,
        text,
        revision=NEW,
        decision="publish",
        reasons=UNSEEN,
        origin="triage",
        automated=True,
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


_OWN = (
    select(Comment.number, Decision.decision)
    .join(Comment, Comment.id == Decision.comment_id)
    .join(Actor, Actor.id == Decision.actor_id)
    .where(Comment.number == bindparam("number"), Actor.person_id == bindparam("me"))
    .order_by(Decision.id.desc())
    .limit(1)
)


async def own(db: AsyncConnection, moderator_id: int, number: str) -> Record | None:
    """A person's last decision on a contribution: what the page after it confirms. None for those of others."""
    values = {"number": tokens.number(number), "me": moderator_id}
    return (await db.execute(_OWN, values)).first()


async def one(db: AsyncConnection, decision_id: int) -> Record:
    """A decision by its id, for the mail about it: a later one may already be in force."""
    return (await db.execute(_HISTORY.where(Decision.id == decision_id))).one()


async def protocol(db: AsyncConnection, viewer: comments.Viewer, before: int | None) -> list[dict[str, Any]]:
    """The journal as a moderator reads it: all of it, or what happened to the contributions of their rooms."""
    mine = select(literal("comment:").concat(Comment.number)).where(comments.moderated_by(viewer))
    which = None if viewer.moderates else JournalEntry.subject.in_(mine)
    return await journal.page(db, before, which=which)


async def told(db: AsyncConnection, ids: Iterable[int], viewer: comments.Viewer) -> dict[int, Record]:
    """Decision id → its rule and reasons in words, where the viewer moderates, for the entries of the journal."""
    columns = (
        Decision.id,
        Decision.reasons,
        Rule.number.label("rule_number"),
        Rule.title.label("rule_title"),
    )
    query = (
        select(*columns)
        .join(Comment, Comment.id == Decision.comment_id)
        .outerjoin(Rule, Rule.id == Decision.rule_id)
        .where(Decision.id.in_(list(ids)), comments.moderated_by(viewer))
    )
    return {row.id: row for row in await db.execute(query)}
