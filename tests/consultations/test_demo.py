"""The demonstration: a city that reads like a city, whose dates follow today, however often a start is killed."""

import json
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from consultations import demonstration
from consultations.demo import days, load
from consultations.tables import Area, Consultation, Measure, Phase, Point, Response
from dialogue import accounts, journal
from dialogue.kit import clock
from dialogue.kit.database import Database
from dialogue.kit.settings import Settings
from dialogue.kit.text import normalise
from dialogue.tables import Comment, Stance, Thread, Vote
from moderation.tables import Appeal, Decision, Flag, Original, Rulebook
from tests.make import Made


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
    assert await number(city, Consultation) == 3
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


@pytest.fixture
async def owned(owner_url, database):
    """The database as its owner uses it: the application may not change a decision."""
    made = Database(owner_url, pool=2, statement_ms=60_000)
    yield made
    await made.close()


async def test_what_waits_longest_belongs_to_the_citizen_who_can_read_the_decision(city, new_browser):
    async with city.writing() as db:
        logins = {login["role"]: login for login in await load.logins(db)}
    citizen, moderator = new_browser(), new_browser()
    for browser, role in ((citizen, "citizen"), (moderator, "moderator")):
        login = logins[role]
        await browser.sign_in(Made(email=login["email"]), login["password"])

    listed = (await moderator.get("/moderation?ordnung=dauer")).select(".queue__item a")[:2]
    own = (await citizen.get("/konto")).select(".comment__head a[href^='/beitraege/']")

    assert {link["href"].rpartition("/")[2] for link in own} == {
        link["href"].rpartition("/")[2].partition("?")[0] for link in listed
    }
    assert len(own) == 2


DATED = {
    Consultation: (Consultation.starts_on, Consultation.ends_on, Consultation.published_at),
    Phase: (Phase.starts_on, Phase.ends_on),
    Point: (Point.changed_at,),
    Thread: (Thread.opens_at, Thread.closes_at),
    Comment: (Comment.created_at, Comment.published_at),
    Vote: (Vote.cast_at,),
    Stance: (Stance.taken_at,),
    Response: (Response.published_at,),
    Decision: (Decision.decided_at,),
    Flag: (Flag.created_at, Flag.settled_at),
    Appeal: (Appeal.created_at, Appeal.settled_at),
    Original: (Original.masked_at,),
}


async def dates(database):
    """Every date there is, by table, as a calendar and a clock in Berlin show it."""
    found = {}
    async with database.reading() as db:
        for table, columns in DATED.items():
            rows = await db.execute(select(*columns).order_by(*table.__table__.primary_key))
            found[table] = [tuple(map(_in_berlin, row)) for row in rows]
    return found


def _in_berlin(value):
    return value.astimezone(clock.BERLIN).replace(tzinfo=None) if isinstance(value, datetime) else value


def later(found, days):
    return {
        table: [tuple(value and value + timedelta(days=days) for value in row) for row in rows]
        for table, rows in found.items()
    }


async def days_pass(owner, days):
    """The demonstration stands at an earlier day, as after so many days."""
    await owner.execute("UPDATE examples SET stands_on = stands_on - $1::int", days)


async def test_a_later_start_moves_every_date_on(city, owner, owned):
    before = await dates(city)
    await days_pass(owner, 200)  # summer and winter time lie between

    async with owned.writing() as db:
        assert await days.move_on(db) == 200

    assert await dates(city) == later(before, 200)


async def test_a_second_start_on_the_same_day_moves_nothing(city, owner, owned):
    await days_pass(owner, 3)
    async with owned.writing() as db:
        await days.move_on(db)
    before = await dates(city)

    async with owned.writing() as db:
        assert await days.move_on(db) == 0

    assert await dates(city) == before


async def test_what_is_not_the_demonstrations_own_stays_where_it_is(make, owner, owned, database):
    point = await make.point(code="Z1")
    await make.phase(point.consultation)
    comment = await make.comment(point.thread)
    await make.vote(comment)
    await make.stance(point.thread)
    before = await dates(database)
    async with database.writing() as db:
        await load.city(db, lambda _: None)
    await days_pass(owner, 9)

    async with owned.writing() as db:
        await days.move_on(db)

    after = await dates(database)
    assert {table: rows[: len(before[table])] for table, rows in after.items()} == before


# --- starts that are killed -------------------------------------------------------------------------


class Killed(BaseException):
    """What no code of ours handles."""


@pytest.fixture
def start(tmp_path, owned):
    """`ki-dialog demo` up to the moment its servers start; `dies` says at which word of its progress it is killed."""
    settings = Settings(data=tmp_path)

    async def started(dies=""):
        def say(line):
            if dies and dies in line:
                raise Killed

        with suppress(Killed):
            await demonstration.prepare(settings, owned, say)
        return json.loads((tmp_path / "logins.json").read_text()) if not dies else None

    return started


async def sizes(database):
    return {table: await number(database, table) for table in DATED}


async def may_sign_in(database, logins):
    """True for the last of them: argon2 is slow on purpose."""
    assert [login["role"] for login in logins] == list(load.ROLES)
    async with database.writing() as db:
        return await known(db, logins[-1]) is not None


async def known(db, login):
    stored = await accounts.stored_password(db, login["email"])
    return await accounts.with_password(
        db, login["email"], await accounts.verified(stored, login["password"])
    )


async def test_a_first_start_that_is_killed_leaves_nothing_and_the_next_one_completes_it(
    start, owned, tmp_path
):
    await start(dies="Stimmen")
    assert set((await sizes(owned)).values()) == {0}
    assert list(tmp_path.iterdir()) == []

    assert await may_sign_in(owned, await start())
    assert await number(owned, Consultation) == 3


async def test_killed_before_its_files_were_written_the_next_start_writes_them(start, owned, tmp_path):
    first = await start()
    before = await sizes(owned)

    for lost in ((), ("demo.json",), ("demo.json", "logins.json")):
        for name in lost:
            (tmp_path / name).unlink()
        logins = await start()
        assert (logins == first) is ("logins.json" not in lost)
        assert await may_sign_in(owned, logins)
        assert sorted(file.name for file in tmp_path.iterdir()) == ["demo.json", "logins.json"]
        assert (tmp_path / "logins.json").stat().st_mode & 0o077 == 0
        first = logins

    assert await sizes(owned) == before


async def test_killed_after_the_dates_moved_they_do_not_move_again(start, owned, owner, tmp_path):
    await start()
    before = await dates(owned)
    await days_pass(owner, 5)
    await start()
    (tmp_path / "demo.json").unlink()

    await start()

    assert await dates(owned) == later(before, 5)


async def test_logins_of_an_earlier_database_work_in_the_next(database):
    entries = [{"role": "panelist", "email": "panelist@halle.example", "password": "Pferd Batterie Heft"}]

    async with database.writing() as db:
        assert await load.logins(db, entries) == entries
        person = await known(db, entries[0])
        assert await accounts.roles_of(db, person.id) == {"panelist"}


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


async def test_what_the_staff_say_among_themselves_only_they_read(city, new_browser):
    async with city.writing() as db:
        logins = {login["role"]: login for login in await load.logins(db)}

    seen = {}
    for role in ("citizen", "panelist", "committee", "editor", "moderator"):
        browser = new_browser()
        await browser.sign_in(Made(email=logins[role]["email"]), logins[role]["password"])
        seen[role] = (await browser.get("/punkte/W1")).status

    assert seen == {"citizen": 404, "panelist": 404, "committee": 200, "editor": 200, "moderator": 200}
    assert (await new_browser().get("/punkte/W1")).status == 404
