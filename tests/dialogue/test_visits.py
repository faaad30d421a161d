"""Visits: what others wrote since one was here before is new, and that one was here is noted after the answer."""

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from dialogue import visits
from dialogue.kit import clock


def minutes(count):
    return clock.now() - timedelta(minutes=count)


@pytest.fixture
async def reader(make, browser):
    person = await make.citizen()
    await browser.sign_in(person)
    return person


@pytest.fixture
def been(owner):
    """The person was in the thread so many minutes ago, and before that."""

    async def visit(person, thread, last, before=None):
        moments = [None if ago is None else minutes(ago) for ago in (before, last)]
        statement = (
            "INSERT INTO visits VALUES ($1, $2, $3, $4) ON CONFLICT (person_id, thread_id) "
            "DO UPDATE SET since_at = $3, last_at = $4"
        )
        await owner.execute(statement, person.id, thread.id, *moments)

    return visit


@pytest.fixture
def noted(owner):
    async def read():
        rows = await owner.fetch("SELECT person_id, thread_id, since_at, last_at FROM visits")
        return [tuple(row) for row in rows]

    return read


def marked(page):
    return [tag.find_parent("article")["id"] for tag in page.select(".comment__new")]


async def test_on_the_first_visit_nothing_is_new_and_the_visit_is_noted(browser, make, reader, noted):
    point = await make.point()
    await make.comment(point.thread)

    page = await browser.get(f"/punkte/{point.code}")

    assert (page.select(".new"), marked(page)) == ([], [])
    [(person_id, thread_id, since, last)] = await noted()
    assert (person_id, thread_id, since) == (reader.id, point.thread.id, None)
    assert clock.now() - last < timedelta(seconds=20)


async def test_coming_back_what_others_wrote_since_is_marked_counted_and_may_come_first(
    browser, make, reader, been
):
    point = await make.point()
    old = await make.comment(point.thread, published_at=minutes(200))
    new = await make.comment(point.thread, published_at=minutes(50))
    reply = await make.comment(point.thread, parent_id=old.id, published_at=minutes(40))
    await make.comment(point.thread, reader, published_at=minutes(45))
    await make.comment(point.thread, status="pending")
    await been(reader, point.thread, 100)

    page = await browser.get(f"/punkte/{point.code}")
    first = await browser.get(f"/punkte/{point.code}?sort=newest")

    assert sorted(marked(page)) == sorted([f"b-{new.number}", f"b-{reply.number}"])
    assert page.words(".new").startswith("2 neue Beiträge seit Ihrem letzten Besuch am ")
    assert page.one(".new a")["href"] == "?sort=newest#beitraege"
    assert first.select(".new a") == []


@pytest.mark.parametrize(
    ("last", "before", "new"),
    [(31, 500, 0), (29, 500, 1), (29, None, 0), (1, 500, 1), (600, None, 1)],
)
async def test_half_an_hour_away_makes_another_visit(browser, make, reader, been, last, before, new):
    point = await make.point()
    await make.comment(point.thread, published_at=minutes(300))
    await been(reader, point.thread, last, before)

    assert len(marked(await browser.get(f"/punkte/{point.code}"))) == new
    assert len(marked(await browser.get(f"/punkte/{point.code}"))) == new


@pytest.mark.parametrize(("last", "written"), [(4, False), (6, True), (40, True)])
async def test_a_visit_is_noted_every_five_minutes_at_most(make, database, been, noted, last, written):
    person, thread = await make.citizen(), await make.thread()
    await been(person, thread, last, 500)
    [(*_, before)] = await noted()

    async with database.writing() as db:
        await visits.note(db, person.id, thread.id)

    [(_, _, since, now)] = await noted()
    assert (now != before) == written
    assert (since == before) == (last == 40)


async def test_of_guests_nothing_is_noted(browser, make, noted):
    point = await make.point()

    await browser.get(f"/punkte/{point.code}")

    assert await noted() == []


async def test_a_visit_that_cannot_be_noted_is_no_failure_of_the_page(browser, make, reader, owner):
    point = await make.point()

    async with owner.transaction():
        await owner.execute("LOCK TABLE visits IN EXCLUSIVE MODE")
        with capture_logs() as logged:
            page = await browser.get(f"/punkte/{point.code}")

    assert page.status == 200
    assert [entry["event"] for entry in logged] == ["presence_not_noted"]


async def test_an_account_that_goes_takes_its_visits_along(make, been, owner, noted):
    person = await make.citizen()
    await been(person, await make.thread(), 10)

    await owner.execute("DELETE FROM people WHERE id = $1", person.id)

    assert await noted() == []
