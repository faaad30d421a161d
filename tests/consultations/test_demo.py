"""The demonstration: a city that reads like a city, whose dates follow today."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from consultations.demo import load
from consultations.tables import Area, Consultation, Measure, Phase, Point
from dialogue import journal
from dialogue.kit import clock
from dialogue.kit.text import normalise
from dialogue.tables import Comment, Thread, Vote
from moderation.tables import Rulebook


@pytest.fixture
async def city(database):
    async with database.writing() as db:
        await load.city(db, lambda _: None)
    return database


async def number(database, table, *where):
    async with database.reading() as db:
        return (await db.execute(select(func.count()).select_from(table).where(*where))).scalar_one()


async def test_it_has_all_that_a_city_needs(city):
    assert await number(city, Area) == 3
    assert await number(city, Point) >= 10
    assert await number(city, Measure) >= 4
    assert await number(city, Consultation) == 2
    assert await number(city, Comment, Comment.status == "published") >= 100
    assert await number(city, Comment, Comment.status == "pending") >= 14
    assert await number(city, Comment, Comment.example.is_(False)) == 0
    assert await number(city, Vote) > 10_000


async def test_no_vote_falls_outside_its_consultation(city):
    late = (Vote.comment_id == Comment.id, Comment.thread_id == Thread.id, Vote.cast_at > Thread.closes_at)

    assert await number(city, Vote, *late) == 0


async def test_texts_are_stored_as_they_would_be_entered(city):
    async with city.reading() as db:
        texts = list((await db.execute(select(Comment.text))).scalars())

    assert [text for text in texts if text != normalise(text)] == []


async def test_a_later_start_moves_every_date_on(city):
    async def dates():
        async with city.reading() as db:
            rows = [
                *await db.execute(
                    select(Consultation.starts_on, Consultation.ends_on).order_by(Consultation.id)
                )
            ]
            rows += [
                *await db.execute(
                    select(Phase.starts_on, Phase.ends_on).order_by(Phase.starts_on, Phase.kind)
                )
            ]
            rows += [*await db.execute(select(Thread.opens_at, Thread.closes_at).order_by(Thread.id))]
            rows += [*await db.execute(select(Comment.created_at, Comment.published_at).order_by(Comment.id))]
        return [tuple(row) for row in rows]

    before = await dates()
    async with city.writing() as db:
        moved = await load.move_on(db, clock.today() - timedelta(days=3))

    span = timedelta(days=3)
    assert moved == 3
    assert await dates() == [tuple(day and day + span for day in row) for row in before]


async def test_a_start_on_the_same_day_moves_nothing(city):
    async with city.writing() as db:
        assert await load.move_on(db, clock.today()) == 0


async def test_the_journal_of_the_demonstration_is_whole(city):
    async with city.snapshot() as db:
        verdict = await journal.verify(db)

    assert (verdict.broken, verdict.entries > 5) == (None, True)


async def test_nothing_says_that_the_council_resolved_it(browser, city):
    pages = ["/", "/strategie", "/beteiligung", "/beteiligung/auftakt", "/beteiligung/leitlinien-und-einsatz"]
    texts = [(await browser.get(page)).words("body") for page in pages]

    assert ["Demonstration – keine Seite der Stadt" in text for text in texts] == [True] * len(pages)
    claims = ("hat beschlossen", "wurde beschlossen", "Ratsbeschluss vom", "vom Stadtrat beschlossen")
    assert [claim for claim in claims for text in texts if claim in text] == []


async def test_the_netiquette_is_older_than_what_it_decides(city):
    async with city.reading() as db:
        valid_from = (await db.execute(select(Rulebook.valid_from))).scalar_one()
        first = (await db.execute(select(func.min(Comment.created_at)))).scalar_one()

    assert valid_from < first
