"""Invented consultations: exactly as large as asked for, running, and the same each time."""

import json

import pytest
from sqlalchemy import func, select

from consultations import calendar
from consultations.outcome import synth
from consultations.tables import Consultation, Point
from consultations.totals import Counter
from dialogue.kit.errors import Invalid
from dialogue.tables import Comment, JournalEntry, Person, Thread, Vote
from moderation.tables import Rulebook, ThreadRulebook


@pytest.fixture
def load(database):
    async def loaded(people, comments, votes):
        async with database.writing() as db:
            return await synth.load(db, people=people, comments=comments, votes=votes, say=lambda line: None)

    return loaded


@pytest.fixture
def ask(database):
    async def found(query):
        async with database.reading() as db:
            return [tuple(row) for row in await db.execute(query)]

    return found


async def test_it_is_a_running_consultation_that_says_it_is_invented(load, database, ask):
    slug = await load(30, 10, 100)

    async with database.reading() as db:
        entry = await calendar.entry(db, slug, Counter(database), None)
    assert (slug, entry.title) == ("lasttest", "Lasttest: 30 Personen, 10 Beiträge, 100 Stimmen")
    assert (entry.state, entry.checks_first, entry.attribution) == ("running", False, "Erfundene Daten")
    assert (entry.totals.comments, entry.totals.votes, entry.points) == (10, 100, 1)
    assert await ask(select(Point.code, Thread.address).join(Thread, Thread.id == Point.thread_id)) == [
        ("L1", "/punkte/L1")
    ]
    (body,) = await ask(select(JournalEntry.body))
    assert json.loads(body[0])["detail"] == {"comments": 10, "people": 30, "votes": 100}


@pytest.mark.parametrize(
    ("people", "comments", "votes"),
    [(1, 1, 0), (1, 1, 1), (7, 3, 20), (7, 3, 21), (3, 7, 11), (250, 101, 5003)],
)
async def test_there_are_exactly_as_many_as_asked_for(load, ask, people, comments, votes):
    await load(people, comments, votes)

    counts = [select(func.count()).select_from(table).scalar_subquery() for table in (Person, Comment, Vote)]
    assert await ask(select(*counts)) == [(people, comments, votes)]
    assert await ask(select(Person.source, Person.pseudonym).distinct()) == [("import", None)]
    assert {text for (text,) in await ask(select(Person.external))} == {
        f"synth:lasttest:{n}" for n in range(people)
    }


async def test_every_fifth_comment_is_a_reply_to_one_that_is_none(load, ask):
    await load(20, 100, 0)

    above = select(Comment.parent_id).where(Comment.parent_id.is_not(None))
    replies = await ask(above)
    assert len(replies) == 20
    assert await ask(select(func.count()).where(Comment.id.in_(above), Comment.parent_id.is_not(None))) == [
        (0,)
    ]
    assert await ask(select(Comment.status, Comment.source).distinct()) == [("published", "import")]
    assert await ask(select(func.count()).where(Comment.published_at > func.now())) == [(0,)]


async def test_texts_are_as_long_as_real_ones_and_the_same_each_time(load, ask):
    await load(20, 200, 0)
    first = [text for (text,) in await ask(select(Comment.text).order_by(Comment.id))]
    await load(20, 200, 0)

    again = [text for (text,) in await ask(select(Comment.text).order_by(Comment.id))]
    lengths = sorted(map(len, first))
    assert again == first * 2
    assert 80 < lengths[100] < 200
    assert lengths[-1] > 300
    assert len(set(first)) == 200


async def test_a_second_one_stands_beside_the_first(load, ask):
    slugs = [await load(2, 2, 2) for _ in range(2)]

    assert slugs == ["lasttest", "lasttest-2"]
    assert await ask(select(Point.code).order_by(Point.id)) == [("L1",), ("L2",)]


@pytest.mark.parametrize(("people", "comments", "votes"), [(0, 1, 0), (1, 0, 0), (2, 3, 7), (1, 1, -1)])
async def test_what_cannot_be_is_refused(load, ask, people, comments, votes):
    with pytest.raises(Invalid, match="höchstens eine Stimme"):
        await load(people, comments, votes)

    assert await ask(select(Person.id)) == []


async def test_what_runs_has_rules_invented_only_where_there_are_none(load, ask, make):
    held = select(Consultation.slug, Rulebook.version).join(Rulebook, Rulebook.id == Consultation.rulebook_id)
    await load(1, 1, 0)
    await make.rule()
    await load(1, 1, 0)

    assert await ask(held.order_by(Consultation.id)) == [("lasttest", "0"), ("lasttest-2", "1.0")]
    assert await ask(select(func.count()).select_from(ThreadRulebook)) == [(2,)]
