"""Roles for one consultation: its panel, its moderators, its circle; nothing of the others."""

import pytest
from sqlalchemy import select

from consultations import rooms
from consultations.tables import Consultation, Export
from dialogue.kit.errors import NotFound
from dialogue.tables import Room, Thread


@pytest.fixture
async def two(make, database):
    """Two running consultations, and the room of the first."""
    mine, other = await make.point(), await make.point(await make.consultation(title="Eine andere"))
    async with database.writing() as db:
        room_id = await rooms.of(db, mine.consultation.id)
    return mine, other, room_id


async def column(database, found):
    async with database.reading() as db:
        return list((await db.execute(select(found).order_by(found))).scalars())


async def test_a_consultation_has_one_room_with_all_its_threads(two, database):
    mine, _, room_id = two

    async with database.writing() as db:
        again = await rooms.of(db, mine.consultation.id)

    assert again == room_id
    assert await column(database, Room.id) == [room_id]
    assert [one for one in await column(database, Thread.room_id) if one] == [room_id]
    assert [one for one in await column(database, Consultation.room_id) if one] == [room_id]


async def test_an_unknown_consultation_has_no_room(database):
    async with database.writing() as db:
        with pytest.raises(NotFound):
            await rooms.of(db, 4711)


@pytest.mark.parametrize(("role", "address"), [("panelist", "/gremium"), ("committee", "/ausschuss")])
async def test_a_desk_shows_the_consultations_where_the_role_holds(two, make, browser, role, address):
    mine, other, room_id = two
    person = await make.citizen()
    await make.grant(person, role, await make.room())
    await browser.sign_in(person)
    before = await browser.get(address)
    await make.grant(person, role, type("Room", (), {"id": room_id}))

    after = await browser.get(address)

    titles = [f"/beteiligung/{each.consultation.slug}" for each in (mine, other)]
    assert [link["href"] for link in before.select("main h2 a") if link["href"] in titles] == []
    assert [link["href"] for link in after.select("main h2 a") if link["href"] in titles] == titles[:1]


async def test_data_is_ordered_only_where_the_role_holds(two, make, browser, database):
    mine, other, room_id = two
    person = await make.citizen()
    await make.grant(person, "panelist", type("Room", (), {"id": room_id}))
    await browser.sign_in(person)

    sent = [
        (await browser.post(f"/beteiligung/{each.consultation.slug}/export", role="panelist")).status
        for each in (mine, other)
    ]

    assert sent == [200, 422]
    assert await column(database, Export.consultation_id) == [mine.consultation.id]


async def test_who_left_the_circle_finds_no_trace_of_its_data(make, browser, owner):
    person = await make.person("panelist")
    circle = await make.circle(person)
    point = await make.point(await make.consultation(title="Nur für uns", circle_id=circle.id))
    await browser.sign_in(person)
    job = await browser.post(f"/beteiligung/{point.consultation.slug}/export", role="panelist")
    before = [
        (await browser.get(address)).text.count("Nur für uns") > 0 for address in (job.path, "/gremium")
    ]

    await owner.execute("DELETE FROM members")
    after = [await browser.get(address) for address in (job.path, "/gremium")]

    assert before == [True, True]
    assert [page.status for page in after] == [404, 200]
    assert ["Nur für uns" in page.text for page in after] == [False, False]
