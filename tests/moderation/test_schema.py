"""What the database itself refuses about decisions, whoever sends the statement."""

from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from dialogue import journal
from dialogue.kit import clock
from dialogue.kit.personal import Personal
from moderation.tables import Appeal, Decision

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


async def decided(make, comment, decision="hide", actor=None, **values):
    """The id of a decision about a comment, by an actor (a fresh one: nobody in particular)."""
    rule = await make.rule()
    record = {
        "comment_id": comment.id,
        "revision": 1,
        "snapshot": b"",
        "decision": decision,
        "rule_id": rule.id,
        "reasons": REASONS,
        "actor_id": actor or uuid4(),
        "origin": "own",
    }
    return (await make.row(Decision, **record | values)).id


@pytest.fixture
async def acting(make, database):
    """The opaque id under which a person acts."""

    async def actor(person):
        async with database.writing() as db:
            return await journal.actor(db, person.id)

    return actor


async def test_nobody_decides_about_their_own_words(make, database, about, acting):
    author = await make.moderator()
    comment = await make.comment(author=author)

    with pytest.raises(DBAPIError, match="about one's own contribution"):
        await decided(make, comment, actor=await acting(author))


@pytest.mark.parametrize("against", ["reject", "hide", "publish_masked"])
async def test_nobody_restores_against_their_own_decision(make, database, acting, against):
    comment, actor = await make.comment(), await acting(await make.moderator())
    await decided(make, comment, against, actor)
    await decided(make, comment, "keep", revision=2)

    with pytest.raises(DBAPIError, match="against one's own decision"):
        await decided(make, comment, "restore", actor, revision=3)
    await decided(make, comment, "restore", revision=3)


@pytest.mark.parametrize("answer", ["restore", "keep"])
async def test_an_appeal_is_answered_once_by_somebody_else(make, database, acting, answer):
    comment, actor = await make.comment(status="hidden"), await acting(await make.moderator())
    contested = await decided(make, comment, "hide", actor)
    appeal = await make.row(Appeal, decision_id=contested, comment_id=comment.id, text="Das war sachlich.")
    answering = {"decision": answer, "origin": "appeal", "appeal_id": appeal.id, "rule_id": None}

    with pytest.raises(DBAPIError, match="against one's own decision"):
        await decided(make, comment, actor=actor, revision=2, **answering)
    await decided(make, comment, revision=2, **answering)
    with pytest.raises(IntegrityError, match="uq_decisions_appeal_id"):
        await decided(make, comment, revision=3, **answering)


@pytest.mark.parametrize("change", ["another comment", "settled", "none"])
async def test_an_answer_belongs_to_an_open_appeal_of_the_contribution(make, database, change):
    comment, other = await make.comment(status="hidden"), await make.comment(status="hidden")
    contested = await decided(make, comment)
    settled = {"settled_at": clock.now()} if change == "settled" else {}
    appeal = await make.row(
        Appeal, decision_id=contested, comment_id=comment.id, text="Das war sachlich.", **settled
    )
    about = other if change == "another comment" else comment
    appeal_id = 999_999 if change == "none" else appeal.id

    with pytest.raises(DBAPIError, match="no open appeal of this contribution"):
        await decided(make, about, "keep", revision=2, origin="appeal", appeal_id=appeal_id, rule_id=None)


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"origin": "notice"}, "notice_named"),
        ({"notice_id": 7}, "notice_named"),
        ({"appeal_id": 7}, "appeal_named"),
        ({"decision": "keep", "reasons": "", "rule_id": None}, None),
        ({"decision": "keep", "reasons": "", "rule_id": None, "origin": "audit"}, None),
        ({"decision": "publish_masked", "rule_id": None}, "rule_named"),
    ],
)
async def test_what_a_decision_answers_is_named(owner, database, about, change, refused):
    if refused is None:
        assert await insert(owner, **about | change) == "INSERT 0 1"
    else:
        with pytest.raises(asyncpg.CheckViolationError, match=f"ck_decisions_{refused}"):
            await insert(owner, **about | change)


async def test_a_contribution_moves_only_under_an_entry_of_its_thread(make, owner, database):
    thread = await make.thread()
    entry, other, elsewhere = await make.comment(thread), await make.comment(thread), await make.comment()
    reply = await make.comment(thread, parent_id=other.id)
    move = "UPDATE comments SET parent_id = $1 WHERE id = $2"

    for parent, comment in ((elsewhere, entry), (reply, entry), (entry, other)):
        with pytest.raises(asyncpg.CheckViolationError, match="two levels"):
            await owner.execute(move, parent.id, comment.id)
    await owner.execute(move, entry.id, reply.id)
    assert await owner.execute(move, entry.id, other.id) == "UPDATE 1"
