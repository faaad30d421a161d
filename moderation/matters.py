"""What is open about a contribution beside the contribution itself: notices, an appeal, a place in the audit.

One decision answers all that is open: its origin says what it was asked by, and everybody who asked is told.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue.kit import jobs
from dialogue.tables import Actor, Comment
from moderation.tables import Appeal, Audit, Decision, Flag


@dataclass(frozen=True)
class Matter:
    """What asks for a decision: open notices (oldest first), the open appeal, whether it was drawn for the audit.

    A notice is {"id", "category", "text", "contact", "at"}; an appeal {"id", "text", "at", "contested",
    "contested_at", "decided_by"}: kind and moment of the decision it is about, and the id of the person who
    made it. Moments are UTC.
    """

    flags: tuple[Mapping[str, Any], ...] = ()
    appeal: Mapping[str, Any] | None = None
    audited: bool = False

    @property
    def is_open(self) -> bool:
        return bool(self.flags or self.appeal or self.audited)

    def origin(self, kind: str, status: str) -> dict[str, Any]:
        """What a decision of this kind answers: the columns of its record."""
        if self.appeal and kind in {"restore", "keep"}:
            return {"origin": "appeal", "appeal_id": self.appeal["id"]}
        if self.flags and status == "published":
            return {"origin": "notice", "notice_id": self.flags[0]["id"]}
        return {"origin": "audit" if self.audited and status == "published" else "own"}


NOTHING = Matter()
_flags = (
    select(
        func.json_agg(
            aggregate_order_by(
                func.json_build_object(
                    "id",
                    Flag.id,
                    "category",
                    Flag.category,
                    "text",
                    Flag.text,
                    "contact",
                    Flag.contact,
                    "at",
                    Flag.created_at,
                ),
                Flag.id,
            )
        )
    )
    .where(Flag.comment_id == bindparam("comment"), Flag.settled_at.is_(None))
    .scalar_subquery()
)
_appeal = (
    select(
        func.json_build_object(
            "id",
            Appeal.id,
            "text",
            Appeal.text,
            "at",
            Appeal.created_at,
            "contested",
            Decision.decision,
            "contested_at",
            Decision.decided_at,
            "decided_by",
            Actor.person_id,
        )
    )
    .join(Decision, Decision.id == Appeal.decision_id)
    .outerjoin(Actor, Actor.id == Decision.actor_id)
    .where(Appeal.comment_id == bindparam("comment"), Appeal.settled_at.is_(None))
    .order_by(Appeal.id)
    .limit(1)
    .scalar_subquery()
)
_audited = (
    select(Audit.comment_id)
    .where(Audit.comment_id == bindparam("comment"), Audit.settled_at.is_(None))
    .exists()
)
_MATTER = select(_flags, _appeal, _audited)


async def of(db: AsyncConnection, comment_id: int) -> Matter:
    """All that is open about a contribution, in one statement."""
    flags, appeal, audited = (await db.execute(_MATTER, {"comment": comment_id})).one()
    flags = tuple(_dated(flag, "at") for flag in flags or ())
    return Matter(flags, appeal and _dated(appeal, "at", "contested_at"), audited)


def _dated(found: Mapping[str, Any], *moments: str) -> Mapping[str, Any]:
    return {**found, **{name: datetime.fromisoformat(found[name]) for name in moments}}


_ANSWERED = (
    update(Appeal)
    .where(Appeal.id == bindparam("appeal"), Appeal.settled_at.is_(None))
    .values(answer_id=bindparam("decision"), settled_at=func.now())
)
_FOLLOWED = (
    update(Flag)
    .where(Flag.id == func.any(bindparam("seen", type_=ARRAY(BigInteger))), Flag.settled_at.is_(None))
    .values(decision_id=bindparam("decision"), settled_at=func.now())
    .returning(Flag.id, Flag.contact.is_not(None).label("told"))
)
_AUDITED = (
    update(Audit)
    .where(Audit.comment_id == bindparam("comment"), Audit.settled_at.is_(None))
    .values(decision_id=bindparam("decision"), settled_at=func.now())
)


async def settle(db: AsyncConnection, comment_id: int, decision_id: int, matter: Matter, origin: str) -> None:
    """Close what a decision has answered, and tell those who left an address. What came in after the matter was
    read stays open."""
    answer = {"decision": decision_id}
    if origin == "appeal" and matter.appeal:
        await db.execute(_ANSWERED, answer | {"appeal": matter.appeal["id"]})
    if matter.flags:
        seen = [flag["id"] for flag in matter.flags]
        await _tell(db, await db.execute(_FOLLOWED, answer | {"seen": seen}))
    if matter.audited:
        await db.execute(_AUDITED, answer | {"comment": comment_id})


async def _tell(db: AsyncConnection, settled: Iterable[Any]) -> None:
    """Those who left an address learn what became of their notice."""
    await jobs.enqueue_each(
        db, [("mail", {"template": "notice_outcome", "flag": row.id}) for row in settled if row.told]
    )


_here: Any = bindparam("comment")
_LOCK = select(Comment.id).where(Comment.id == _here).with_for_update(key_share=True)


async def hold(db: AsyncConnection, comment_id: int) -> None:
    """Let nobody report, decide or take back a contribution until the commit: what is open about it stays so."""
    await db.execute(_LOCK, {"comment": comment_id})


_DROPPED = (
    update(Flag)
    .where(Flag.comment_id == _here, Flag.settled_at.is_(None))
    .values(settled_at=func.now())
    .returning(Flag.id, Flag.contact.is_not(None).label("told"))
)
_UNASKED = [
    update(table).where(table.comment_id == _here, table.settled_at.is_(None)).values(settled_at=func.now())
    for table in (Appeal, Audit)
]


async def moot(db: AsyncConnection, comment_id: int) -> None:
    """Close all that is open without a decision: the author takes the contribution back or has it erased.

    Call it before that, in the same transaction; a notice that comes in meanwhile finds nothing to report.
    """
    here = {"comment": comment_id}
    await hold(db, comment_id)
    await _tell(db, await db.execute(_DROPPED, here))
    for close in _UNASKED:
        await db.execute(close, here)
