"""What the calendar, the strategy and the desks say of consultations: states by Berlin's day, nothing sealed."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from consultations import calendar, strategy
from dialogue.kit import clock
from dialogue.tables import Thread
from tests.consultations.editing.conftest import POINT, Desk

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("first", "last", "state", "left"),
    [(1, 3, "upcoming", 4), (0, 0, "running", 1), (-2, 4, "running", 5), (-3, -1, "ended", 0)],
)
async def test_the_last_day_belongs_to_a_consultation(make, database, first, last, state, left):
    today = clock.today()
    made = await make.consultation(starts_on=today + first * DAY, ends_on=today + last * DAY)

    async with database.reading() as db:
        entry = await calendar.find(db, made.slug, None)

    assert (entry.state, entry.days_left) == (state, left)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-07-01 21:59Z", "2026-07-01"),
        ("2026-07-01 22:00Z", "2026-07-02"),
        ("2026-12-01 22:59Z", "2026-12-01"),
    ],
)
async def test_the_day_is_that_of_berlin_by_the_databases_clock(database, moment, day):
    query = str(calendar.TODAY.compile(compile_kwargs={"literal_binds": True}))
    query = query.replace("now()", f"timestamptz '{moment}'").replace(":", r"\:")

    async with database.reading() as db:
        found = await db.execute(text(f"SELECT {query}"))

    assert found.scalar_one().isoformat() == day


async def test_phases_are_past_now_and_next(make, database):
    consultation, today = await make.consultation(), clock.today()
    await make.phase(consultation, "information", starts_on=today - 9 * DAY, ends_on=today - DAY)
    await make.phase(consultation, "participation", starts_on=today - DAY, ends_on=today)
    await make.phase(consultation, "evaluation", starts_on=today + DAY, ends_on=today + 2 * DAY)
    await make.phase(consultation, "result", starts_on=today, ends_on=None)

    async with database.reading() as db:
        found = {phase.kind: phase.state for phase in await calendar.phases(db, consultation.id)}

    assert found == {"information": "past", "participation": "now", "evaluation": "next", "result": "now"}


async def voted_on(make, consultation, thread=None, times=7, **values):
    """A point with a contribution on which that many people voted and answered."""
    point = await make.point(consultation, thread, **values)
    comment = await make.comment(point.thread)
    for person in [await make.citizen() for _ in range(times)]:
        await make.vote(comment, person)
        await make.stance(point.thread, person)
    return point


@pytest.mark.parametrize("by", ["consultation", "thread"])
@pytest.mark.parametrize(("role", "desk"), [("panelist", "/gremium"), ("committee", "/ausschuss")])
async def test_no_desk_tells_votes_or_stances_per_point_before_the_seal_opens(browser, make, by, role, desk):
    until = clock.now() + 3 * DAY
    consultation = await make.consultation(sealed_until=until if by == "consultation" else None)
    thread = await make.thread(sealed_until=until if by == "thread" else None)
    first = await voted_on(make, consultation, thread, code="E1")
    second = await voted_on(make, consultation, times=5, code="E2")
    await browser.sign_in(await make.person(role))

    page = await browser.get(desk)

    assert [cell.get_text() for cell in page.select("thead th")] == ["Punkt", "Beiträge"]
    assert [row.get_text(" ", strip=True) for row in page.select("tbody tr")] == [
        f"{point.code} Kennzeichnung 1" for point in (first, second)
    ]
    assert page.words(".aside-note").startswith("Die Stimmen bleiben bis zum ")


@pytest.mark.parametrize("by", ["consultation", "thread"])
async def test_the_database_does_not_even_hand_out_what_is_sealed(make, database, by):
    until = clock.now() + 3 * DAY
    sealed = await make.consultation(sealed_until=until if by == "consultation" else None)
    await voted_on(make, sealed, await make.thread(sealed_until=until if by == "thread" else None))
    opened = await make.consultation(sealed_until=clock.now() - timedelta(seconds=1))
    await voted_on(make, opened)

    async with database.reading() as db:
        found = await strategy.results(db, [sealed.id, opened.id])

    assert [row[3:] for row in found[sealed.id]] == [(1, 0, 0, 0, 0)]
    assert [row[3:] for row in found[opened.id]] == [(1, 7, 7, 0, 0)]


async def test_an_area_counts_and_dates_only_what_is_published(make, database):
    area, empty = await make.area(), await make.area()
    changed = clock.now() - 9 * DAY
    draft = await make.consultation(published_at=None)
    await make.point(draft, area_id=area.id)
    await make.point(draft, area_id=empty.id)
    for day in range(2):
        await make.point(area_id=area.id, changed_at=changed - day * DAY)

    async with database.reading() as db:
        found = [(row.key, row.points, row.changed_at) for row in await strategy.areas(db)]

    assert found == [(area.key, 2, changed), (empty.key, 0, None)]


async def test_a_thread_knows_the_area_of_its_point_whatever_is_renamed_or_moved(database, make):
    """The moderators look for it there."""
    desk = Desk(database, await make.person("editor"))
    await desk.rules()
    ethics, uses = [
        await desk.published("area", title=title, summary="Worum es geht.") for title in ("Ethik", "Einsatz")
    ]
    home, point = await desk.opened()
    other = await desk.save("point", **(POINT | {"consultation": str(home), "area": str(uses)}))
    await desk.publish("point", other)

    async def sections():
        async with database.reading() as db:
            return list(await db.scalars(select(Thread.section).order_by(Thread.id)))

    seen = [await sections()]
    await desk.save("point", point, area=str(ethics))
    await desk.publish("point", point)
    seen.append(await sections())
    await desk.save("area", ethics, title="Leitlinien")
    seen.append(await sections())
    await desk.publish("area", ethics)
    seen.append(await sections())

    assert seen == [["", "Einsatz"], ["Ethik", "Einsatz"], ["Ethik", "Einsatz"], ["Leitlinien", "Einsatz"]]
