"""The audit: what triage let pass is drawn at random, once a day, and counted when a person has read it."""

import asyncio
from datetime import timedelta

from sqlalchemy import insert, select

from dialogue import journal
from dialogue.kit import clock, jobs
from moderation import audits
from moderation.tables import Audit, Decision


def at(days, hours=12.0):
    """A moment so many days ago, at an hour in Berlin."""
    return clock.start_of(clock.today() - timedelta(days=days)) + timedelta(hours=hours)


async def passed(make, database, count, moment=None, thread=None, **values):
    """Contributions that triage published at a moment (yesterday at noon)."""
    thread, author = thread or await make.thread(checks_first=False), await make.person()
    made = [await make.comment(thread, author, **({"revision": 2} | values)) for _ in range(count)]
    async with database.writing() as db:
        rows = [
            {
                "comment_id": comment.id,
                "revision": 1,
                "snapshot": b"\0" * 32,
                "decision": "publish",
                "reasons": "",
                "origin": "triage",
                "automated": True,
                "decided_at": moment or at(1),
            }
            for comment in made
        ]
        await db.execute(insert(Decision), rows)
    return made


async def decided(make, database, comment, decision="keep", rule=None):
    moderator = await make.moderator()
    async with database.writing() as db:
        actor = await journal.actor(db, moderator.id)
        reasons = "Nach dem Lesen: so geht es nicht."
        values = {"revision": comment.revision, "snapshot": b"\0" * 32, "reasons": reasons, "origin": "own"}
        values |= {"rule_id": rule.id if rule else None, "actor_id": actor, "decision": decision}
        await db.execute(insert(Decision).values(comment_id=comment.id, **values))


async def draw(database):
    async with database.writing() as db:
        return await audits.draw(db)


async def drawn(database):
    async with database.reading() as db:
        return set((await db.execute(select(Audit.comment_id))).scalars())


async def read(database):
    """What came of each that was drawn, None for what nobody has read."""
    query = select(Decision.decision).select_from(Audit).outerjoin(Decision, Decision.id == Audit.decision_id)
    async with database.reading() as db:
        return list(await db.scalars(query.order_by(Audit.comment_id)))


async def test_a_twentieth_is_drawn_and_at_least_one(make, database, owner):
    few = await passed(make, database, 3)
    counts = [await draw(database)]
    assert await drawn(database) <= {comment.id for comment in few}
    await owner.execute("DELETE FROM audits")
    await passed(make, database, 38)

    counts.append(await draw(database))

    assert counts == [1, 3]
    assert len(await drawn(database)) == 3


async def test_where_triage_published_nothing_nothing_is_drawn(make, database):
    await make.comment()

    assert (await draw(database), await draw(database), await drawn(database)) == (0, 0, set())


async def test_a_second_run_on_the_same_day_draws_nothing_more(make, database):
    await passed(make, database, 50)

    assert [await draw(database), await draw(database)] == [3, 0]
    assert len(await drawn(database)) == 3


async def test_two_runs_at_the_same_moment_draw_once(make, database):
    await passed(make, database, 50)

    assert sorted(await asyncio.gather(*(draw(database) for _ in range(4)))) == [0, 0, 0, 3]


async def test_the_day_before_is_drawn_from_in_berlin_and_no_other(make, database):
    thread = await make.thread(checks_first=False)
    for moment in (at(2, 23.9), at(0, 0), at(0, 0.1)):
        await passed(make, database, 1, moment, thread)
    made = [(await passed(make, database, 1, moment, thread))[0] for moment in (at(1, 0), at(1, 23.9))]

    await draw(database)

    assert await drawn(database) <= {comment.id for comment in made}
    assert len(await drawn(database)) == 1


async def test_after_days_without_a_worker_the_draw_covers_them(make, database):
    (old,) = await passed(make, database, 1, at(6))
    await make.row(Audit, comment_id=old.id, drawn_on=clock.today() - timedelta(days=5))
    for days in (5, 4, 3, 2, 1):
        await passed(make, database, 8, at(days))

    assert await draw(database) == 2  # of 40


async def test_what_a_person_decided_or_nobody_reads_is_not_drawn(make, database):
    thread, rule = await make.thread(checks_first=False), await make.rule()
    kept, hidden = await passed(make, database, 2, None, thread)
    await decided(make, database, kept)
    await decided(make, database, hidden, "hide", rule)
    await passed(make, database, 1, None, thread, status="withdrawn", published_at=clock.now())
    by_a_person = await make.comment(thread)
    await decided(make, database, by_a_person, "publish")

    assert (await draw(database), await drawn(database)) == (0, set())


async def test_each_may_be_drawn(make, database, owner):
    made = await passed(make, database, 3)
    seen = set()
    for _ in range(40):
        await draw(database)
        seen |= await drawn(database)
        await owner.execute("DELETE FROM audits")

    assert seen == {comment.id for comment in made}


async def test_any_decision_of_a_person_settles_it(browser, make, database):
    thread, rule = await make.thread(checks_first=False), await make.rule()
    made = await passed(make, database, 3, None, thread)
    async with database.writing() as db:
        await db.execute(insert(Audit), [{"comment_id": each.id, "drawn_on": clock.today()} for each in made])
    await browser.sign_in(await make.moderator())
    before = await read(database)

    for comment, decision in zip(made, ("keep", "hide"), strict=False):
        told = (
            {"rule": rule.id, "reasons": "Nach dem Lesen: ein Name steht darin."}
            if decision == "hide"
            else {}
        )
        form = {"decision": decision, "revision": comment.revision}
        page = await browser.post(f"/moderation/{comment.number}/entscheiden", follow=False, **form, **told)
        assert page.status == 303

    assert (before, await read(database)) == ([None] * 3, ["keep", "hide", None])


async def test_the_worker_draws_by_itself(make, database, work):
    await passed(make, database, 3)
    async with database.writing() as db:
        await jobs.enqueue(db, "audit")

    await work()

    assert len(await drawn(database)) == 1
