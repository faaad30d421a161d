"""What the database itself refuses, whoever sends the statement."""

from itertools import product

import asyncpg
import pytest

from dialogue.comments import TRANSITIONS
from dialogue.tables import STATUSES


@pytest.mark.parametrize(
    ("before", "after"), [pair for pair in product(STATUSES, repeat=2) if len({*pair}) == 2]
)
async def test_a_status_changes_only_on_the_ways_there_are(make, database, owner, before, after):
    comment = await make.comment(status=before)
    change = owner.execute(
        "UPDATE comments SET status = $1, published_at = now() WHERE id = $2", after, comment.id
    )

    if before in TRANSITIONS.get(after, ()):
        assert await change == "UPDATE 1"
    else:
        with pytest.raises(asyncpg.CheckViolationError, match=f"from {before} to {after}"):
            await change


async def test_a_reply_answers_a_contribution_of_its_own_thread(make, database, owner):
    thread = await make.thread()
    top = await make.comment(thread)
    reply = await make.comment(thread, parent_id=top.id)
    elsewhere = await make.thread()
    write = (
        "INSERT INTO comments (number, thread_id, parent_id, text, status) VALUES ($1, $2, $3, '', 'pending')"
    )

    for number, (thread_id, parent_id) in enumerate([(elsewhere.id, top.id), (thread.id, reply.id)]):
        with pytest.raises(asyncpg.CheckViolationError):
            await owner.execute(write, f"000-00{number}", thread_id, parent_id)
    assert await owner.execute(write, "000-002", thread.id, top.id) == "INSERT 0 1"
