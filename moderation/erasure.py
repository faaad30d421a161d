"""Deleting a contribution at its author's wish: the words go, with all that was kept of them; replies and votes stay."""

from typing import Any

from sqlalchemy import bindparam, delete, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue import comments, journal
from dialogue.kit.database import Record
from moderation import matters
from moderation.tables import Appeal, Claim, Original

_of_comment: Any = bindparam("comment")
_ORIGINALS = delete(Original).where(Original.comment_id == _of_comment)
_CLAIMS = delete(Claim).where(Claim.comment_id == _of_comment)
_APPEALS = update(Appeal).where(Appeal.comment_id == _of_comment).values(text=comments.GONE)


async def erase(db: AsyncConnection, comment: Record) -> None:
    """Delete a contribution, whatever its status. The journal names nobody: the receipt alone is enough."""
    await matters.moot(db, comment.id)
    if not await comments.erase(db, comment.id):
        return
    for statement in (_ORIGINALS, _CLAIMS, _APPEALS):
        await db.execute(statement, {"comment": comment.id})
    await journal.record(
        db, "comment.erased", f"comment:{comment.number}", by="author", before=comment.status
    )
