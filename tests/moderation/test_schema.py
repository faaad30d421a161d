"""What the database itself refuses about decisions, whoever sends the statement."""

from uuid import uuid4

import asyncpg
import pytest

from dialogue.kit.personal import Personal
from moderation.tables import Decision

REASONS = "Eine Begründung, die lang genug ist."


async def insert(owner, **values):
    names = ", ".join(values)
    places = ", ".join(f"${n}" for n in range(1, len(values) + 1))
    return await owner.execute(f"INSERT INTO decisions ({names}) VALUES ({places})", *values.values())


@pytest.fixture
async def about(make):
    """A decision about a comment, as a moderator makes it."""
    comment, rule = await make.comment(), await make.rule()
    return {
        "comment_id": comment.id,
        "thread_id": None,
        "revision": 1,
        "snapshot": b"",
        "decision": "hide",
        "rule_id": rule.id,
        "reasons": REASONS,
        "actor_id": uuid4(),
        "origin": "own",
        "automated": False,
    }


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({}, None),
        ({"comment_id": None, "revision": None}, "one_subject"),
        ({"revision": None}, "revision_of_comment"),
        ({"decision": "close_thread"}, "kind_fits_subject"),
        ({"decision": "publish_masked"}, None),
        ({"decision": "burn"}, "known_decision"),
        ({"reasons": "zu kurz"}, "reasons_given"),
        ({"rule_id": None}, "rule_named"),
        ({"actor_id": None}, "person_known"),
        ({"actor_id": None, "origin": "import"}, None),
        ({"automated": True, "origin": "triage"}, "only_people_reject"),
        ({"automated": True, "decision": "publish"}, "automated_is_triage"),
        ({"automated": True, "decision": "publish", "origin": "triage", "actor_id": None}, None),
    ],
)
async def test_a_decision_has_all_its_parts_or_is_refused(owner, database, about, change, refused):
    if refused is None:
        assert await insert(owner, **about | change) == "INSERT 0 1"
    else:
        with pytest.raises(asyncpg.CheckViolationError, match=f"ck_decisions_{refused}"):
            await insert(owner, **about | change)


async def test_closing_a_thread_is_a_decision_about_the_thread(make, owner, database, about):
    thread = await make.thread()
    closing = {"comment_id": None, "revision": None, "thread_id": thread.id, "decision": "close_thread"}

    assert await insert(owner, **about | closing) == "INSERT 0 1"
    with pytest.raises(asyncpg.CheckViolationError, match="ck_decisions_kind_fits_subject"):
        await insert(owner, **about | closing | {"decision": "hide"})
    with pytest.raises(asyncpg.CheckViolationError, match="ck_decisions_one_subject"):
        await insert(owner, **about | {"thread_id": thread.id, "decision": "close_thread"})


def test_what_only_the_owner_could_delete_does_not_promise_to_go_with_the_person():
    said = {
        column.name: column.info["personal"].on_erasure
        for column in Decision.__table__.columns
        if isinstance(column.info.get("personal"), Personal)
    }

    assert sorted(said) == ["actor_id", "reasons", "snapshot"]
    assert [name for name, fate in said.items() if fate == "delete"] == []
