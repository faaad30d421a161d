"""Live totals: exact, counted once for however many look, and there while counting is slow or fails."""

import asyncio
import math
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from consultations import calendar
from consultations.totals import Counter, Totals
from dialogue.kit import clock, kept

BLINK = 0.2


@pytest.fixture
def counts(database):
    """Grows by one with every statement that counts."""
    statements = []

    def note(_connection, _cursor, statement, *_):
        statements.append(statement)

    engine = database.counter.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


@pytest.fixture(autouse=True)
def in_no_time(monkeypatch):
    """How long the machine of the tests takes to count makes no difference."""
    monkeypatch.setattr(kept, "SHARE", math.inf)


@pytest.fixture
def ask(database):
    async def asked(counter, slug):
        async with database.reading() as db:
            return (await calendar.entry(db, slug, counter, None)).totals

    return asked


@asynccontextmanager
async def stuck(owner):
    """Nobody gets to the votes."""
    async with owner.transaction():
        await owner.execute("LOCK TABLE votes")
        yield


async def test_they_count_what_is_public_and_official_and_the_people_behind_it(make, database, ask):
    point = await make.point()
    people = [await make.citizen() for _ in range(3)]
    comment = await make.comment(point.thread, people[0])
    hidden = await make.comment(point.thread, status="hidden")
    await make.comment((await make.point()).thread)
    await make.vote(comment, people[1])
    await make.vote(comment, people[0])
    await make.vote(comment, source="guest")
    await make.vote(hidden)
    await make.stance(point.thread, people[1])
    await make.stance(point.thread, people[2])

    found = await ask(Counter(database, 0), point.consultation.slug)

    assert found == Totals(people=3, comments=1, votes=2, stances=2)


async def test_a_hundred_visitors_at_once_are_counted_for_once(make, database, owner, ask, counts):
    consultation = await make.consultation()
    counter = Counter(database)

    async with stuck(owner):
        asked = [asyncio.create_task(ask(counter, consultation.slug)) for _ in range(4)]
        async with database.reading() as db:
            entry = await calendar.find(db, consultation.slug, None)
        asked += [asyncio.create_task(counter.totals([entry])) for _ in range(96)]
        await asyncio.sleep(BLINK)
    await asyncio.gather(*asked)

    assert len(counts) == 1


async def test_they_are_kept_for_a_while(make, database, ask, counts):
    point = await make.point()
    counter = Counter(database, 60)

    await ask(counter, point.consultation.slug)
    await make.comment(point.thread)

    assert (await ask(counter, point.consultation.slug)).comments == 0
    assert len(counts) == 1


async def test_while_they_are_counted_again_everyone_gets_the_old_ones(make, database, owner, ask, counts):
    point = await make.point()
    counter = Counter(database, BLINK)
    await ask(counter, point.consultation.slug)
    await make.comment(point.thread)
    await asyncio.sleep(BLINK)

    async with stuck(owner), asyncio.timeout(2):
        assert (await ask(counter, point.consultation.slug)).comments == 0
        assert (await ask(counter, point.consultation.slug)).comments == 0
    async with asyncio.timeout(5):
        while True:
            if (await ask(counter, point.consultation.slug)).comments == 1:
                break

    assert len(counts) >= 2


async def test_far_too_old_ones_are_waited_for(make, database, ask):
    point = await make.point()
    counter = Counter(database, BLINK / 10)
    await ask(counter, point.consultation.slug)
    await make.comment(point.thread)
    await asyncio.sleep(2 * BLINK)

    assert (await ask(counter, point.consultation.slug)).comments == 1


async def test_those_of_an_ended_consultation_are_kept_for_minutes(make, database, ask, counts):
    today = clock.today()
    over = await make.consultation(starts_on=today - timedelta(days=9), ends_on=today - timedelta(days=1))
    counter = Counter(database, BLINK)

    await ask(counter, over.slug)
    await asyncio.sleep(2 * BLINK)
    await ask(counter, over.slug)

    assert len(counts) == 1


async def test_what_takes_long_is_counted_less_often(make, database, owner, ask, counts, monkeypatch):
    monkeypatch.setattr(kept, "SHARE", 0.01)
    consultation = await make.consultation()
    counter = Counter(database, BLINK)

    async with stuck(owner):
        asked = asyncio.create_task(ask(counter, consultation.slug))
        await asyncio.sleep(BLINK)
    await asked
    await asyncio.sleep(2 * BLINK)
    await ask(counter, consultation.slug)

    assert len(counts) == 1


async def test_when_counting_fails_the_old_ones_stay(make, database, owner, ask, counts):
    point = await make.point()
    counter = Counter(database, BLINK / 10)
    await ask(counter, point.consultation.slug)
    await make.comment(point.thread)
    await asyncio.sleep(2 * BLINK)

    async with stuck(owner):
        assert (await ask(counter, point.consultation.slug)).comments == 0
        assert (await ask(counter, point.consultation.slug)).comments == 0

    assert len(counts) == 2


async def test_without_old_ones_a_failure_is_told_and_the_next_visitor_counts(make, database, owner, ask):
    point = await make.point()
    counter = Counter(database)

    async with stuck(owner):
        with pytest.raises(DBAPIError):
            await ask(counter, point.consultation.slug)

    assert (await ask(counter, point.consultation.slug)).comments == 0


async def test_a_visitor_who_leaves_does_not_stop_the_count_for_others(make, database, owner, ask, counts):
    point = await make.point()
    counter = Counter(database)

    async with stuck(owner):
        leaving = asyncio.create_task(ask(counter, point.consultation.slug))
        await asyncio.sleep(BLINK)
        leaving.cancel()
        staying = asyncio.create_task(ask(counter, point.consultation.slug))
        await asyncio.sleep(BLINK)

    assert await staying == Totals()
    assert len(counts) == 1
    assert leaving.cancelled()


async def test_the_end_of_the_process_ends_what_is_being_counted(make, database, owner, ask):
    point = await make.point()
    counter = Counter(database)

    async with stuck(owner):
        waiting = asyncio.create_task(ask(counter, point.consultation.slug))
        await asyncio.sleep(BLINK)
        async with asyncio.timeout(1):
            await counter.close()
        await asyncio.wait({waiting})

    assert waiting.cancelled()
