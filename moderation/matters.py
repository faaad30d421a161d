"""What is open about a contribution beside the contribution itself: notices, an appeal, a place in the audit.

One decision answers all that is open: its origin says what it was asked by, and everybody who asked is told.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ARRAY, BigInteger, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue.kit import jobs
from dialogue.tables import Actor
from moderation.tables import Appeal, Audit, Decision, Flag


@dataclass(frozen=True)
class Matter:
    """What asks for a decision: open notices (oldest first), the open appeal, whether it was drawn for the audit.

    A notice is {"id", "category", "text", "at"}; an appeal {"id", "text", "at", "contested", "decided_by"}:
    the kind of the decision it is about, and the id of the person who made it. `at` is ISO 8601 in UTC.
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
                    "id", Flag.id, "category", Flag.category, "text", Flag.text, "at", Flag.created_at
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
    return Matter(tuple(flags or ()), appeal, audited)


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
        settled = await db.execute(_FOLLOWED, answer | {"seen": [flag["id"] for flag in matter.flags]})
        mails = [("mail", {"template": "notice_outcome", "flag": row.id}) for row in settled if row.told]
        await jobs.enqueue_each(db, mails)
    if matter.audited:
        await db.execute(_AUDITED, answer | {"comment": comment_id})
