"""The demonstration's notices, appeals and second looks: what has been decided, and what waits for moderators."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue import journal
from dialogue.kit import clock, tokens
from dialogue.kit.text import normalise
from dialogue.tables import Comment
from moderation import decisions
from moderation.tables import Appeal, Audit, Decision, Flag, Original


@dataclass(frozen=True)
class Cast:
    """Who and what the files' keys stand for: contributions, rules, the two who moderate."""

    comments: Mapping[str, int]
    rules: Mapping[str, int]
    moderators: tuple[UUID, UUID]


_CASE = select(Comment.number, Comment.text, Comment.status, Comment.revision, Comment.signs).where(
    Comment.id == bindparam("comment")
)
_AGAINST = (
    select(Decision.id)
    .where(Decision.comment_id == bindparam("comment"), Decision.decision.in_(("reject", "hide")))
    .order_by(Decision.id.desc())
    .limit(1)
)


def ago(days: float) -> datetime:
    return clock.now() - timedelta(days=days)


async def happen(db: AsyncConnection, cast: Cast) -> None:
    """Everything in procedure.toml, in its order."""
    found = tomllib.loads(Path(__file__).with_name("procedure.toml").read_text(encoding="utf-8"))
    for said in found["decision"]:
        await decide(db, cast, cast.comments[said["comment"]], said)
    for said in found["notice"]:
        await notice(db, cast, cast.comments[said["comment"]], said)
    for said in found["appeal"]:
        await _appeal(db, cast, cast.comments[said["comment"]], said)


async def notice(db: AsyncConnection, cast: Cast, comment_id: int, said: Mapping[str, Any]) -> None:
    """Somebody's notice of a contribution, with its answer if there is one."""
    key = uuid4()
    words = {"category": said["category"], "text": said["text"].strip(), "created_at": ago(said["days_ago"])}
    proof = {"key": key.bytes, "once": key, "secret_hash": tokens.digest(str(key))}
    flag = insert(Flag).values(comment_id=comment_id, number=f"M-{tokens.new_number()}", **words, **proof)
    flag_id = (await db.execute(flag.returning(Flag.id))).scalar_one()
    if answer := said.get("answer"):
        made = await decide(db, cast, comment_id, answer, origin="notice", notice_id=flag_id)
        settled = {"decision_id": made, "settled_at": ago(answer["days_ago"])}
        await db.execute(update(Flag).where(Flag.id == flag_id).values(**settled))


async def _appeal(db: AsyncConnection, cast: Cast, comment_id: int, said: Mapping[str, Any]) -> None:
    contested = (await db.execute(_AGAINST, {"comment": comment_id})).scalar_one()
    words = {"text": said["text"].strip(), "created_at": ago(said["days_ago"])}
    appeal = insert(Appeal).values(decision_id=contested, comment_id=comment_id, **words)
    appeal_id = (await db.execute(appeal.returning(Appeal.id))).scalar_one()
    if answer := said.get("answer"):
        made = await decide(db, cast, comment_id, answer, origin="appeal", appeal_id=appeal_id)
        settled = {"answer_id": made, "settled_at": ago(answer["days_ago"])}
        await db.execute(update(Appeal).where(Appeal.id == appeal_id).values(**settled))


async def publish(
    db: AsyncConnection, comment_id: int, days_ago: float, actor: UUID | None, text: str
) -> None:
    """The publication of a contribution: by a person, or without one where triage noticed nothing (no actor)."""
    at = ago(days_ago)
    by: dict[str, Any] = {"origin": "own", "reasons": "", "actor_id": actor}
    if actor is None:
        by = {"origin": "triage", "reasons": decisions.UNSEEN, "automated": True}
    record = {"comment_id": comment_id, "revision": 1, "decision": "publish", "decided_at": at, **by}
    made = insert(Decision).values(snapshot=sha256(text.encode()).digest(), **record).returning(Decision.id)
    decision_id = (await db.execute(made)).scalar_one()
    moved = update(Comment).where(Comment.id == comment_id).returning(Comment.number)
    change = {"status": "published", "revision": 2, "published_at": at}
    number = (await db.execute(moved.values(**change))).scalar_one()
    said = {"decision": "publish", "origin": by["origin"], "record": decision_id}
    await journal.record(db, "comment.published", f"comment:{number}", example=True, **said)


async def drawn(db: AsyncConnection, cast: Cast, comment_id: int, days_ago: float, read: float = 0) -> None:
    """A contribution of the audit; `read`: so many days ago somebody found it in order."""
    row: dict[str, Any] = {
        "comment_id": comment_id,
        "drawn_on": ago(days_ago).astimezone(clock.BERLIN).date(),
    }
    if read:
        said = {"kind": "keep", "by": 2, "days_ago": read}
        row["decision_id"] = await decide(db, cast, comment_id, said, origin="audit")
        row["settled_at"] = ago(read)
    await db.execute(insert(Audit).values(**row))


async def decide(
    db: AsyncConnection,
    cast: Cast,
    comment_id: int,
    said: Mapping[str, Any],
    *,
    origin: str = "own",
    **answers: int,
) -> int:
    """A decision of the past: its record, its effect, its entry in the journal. Returns the record's id."""
    case, at = (await db.execute(_CASE, {"comment": comment_id})).one(), ago(said["days_ago"])
    seen = normalise(said.get("original", case.text)).strip()
    record = {
        "comment_id": comment_id,
        "revision": case.revision,
        "snapshot": sha256(seen.encode()).digest(),
        "decision": said["kind"],
        "rule_id": cast.rules[said["rule"]] if "rule" in said else None,
        "reasons": said.get("reasons", "").strip(),
        "actor_id": cast.moderators[said["by"] - 1],
        "origin": origin,
        "detected": bool(case.signs),
        "decided_at": at,
    }
    made = insert(Decision).values(**record, **answers).returning(Decision.id)
    decision_id = int((await db.execute(made)).scalar_one())
    status = decisions.LEADS_TO.get(said["kind"], case.status)
    change = {"status": status, "revision": case.revision + 1}
    if case.status == "published" != status:
        change["unpublished_at"] = at
    await db.execute(update(Comment).where(Comment.id == comment_id).values(**change))
    if "original" in said:
        aside = {"decision_id": decision_id, "comment_id": comment_id, "text": seen, "masked_at": at}
        await db.execute(insert(Original).values(**aside))
    await journal.record(
        db,
        decisions.NOTED.get(said["kind"]) or f"comment.{status}",
        f"comment:{case.number}",
        example=True,
        decision=said["kind"],
        origin=origin,
        record=decision_id,
    )
    return decision_id
