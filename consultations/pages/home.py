"""The start page, the calendar of consultations, one consultation, the strategy."""

from collections import defaultdict
from typing import Any

from starlette.responses import Response

from consultations import calendar, strategy
from consultations.pages.shared import counter
from dialogue.roles import EVERYONE
from dialogue.web import Page, get


async def _by_state(page: Page) -> dict[str, list[calendar.Entry]]:
    states: dict[str, list[calendar.Entry]] = {"running": [], "upcoming": [], "ended": []}
    for entry in await calendar.entries(page.db, counter(page), page.person_id):
        states[entry.state].append(entry)
    states["running"].reverse()
    states["upcoming"].reverse()
    return states


async def home(page: Page) -> Response:
    context: dict[str, Any] = {
        **await _by_state(page),
        "areas": await strategy.areas(page.db),
        "responses": await strategy.answered(page.db),
    }
    return page.render("consultations/home.html", **context)


async def listing(page: Page) -> Response:
    states: dict[str, Any] = {**await _by_state(page)}
    return page.render("consultations/list.html", **states)


async def consultation(page: Page) -> Response:
    entry = await calendar.entry(page.db, page.params["slug"], counter(page), page.person_id)
    return page.render(
        "consultations/consultation.html",
        c=entry,
        phases=await calendar.phases(page.db, entry.id),
        points=await strategy.points(page.db, entry.id),
        answers=await strategy.answers(page.db, entry.id) if entry.ended else [],
        results=(await strategy.results(page.db, [entry.id]))[entry.id] if entry.ended else [],
    )


async def whole_strategy(page: Page) -> Response:
    points, measures = defaultdict(list), defaultdict(list)
    for point in await strategy.points(page.db):
        points[point.area_key].append(point)
    for measure in await strategy.measures(page.db):
        measures[measure.area_key].append(measure)
    areas = await strategy.areas(page.db)
    return page.render("consultations/strategy.html", areas=areas, points=points, measures=measures)


ROUTES = [
    get("/", home, name="home", access=EVERYONE),
    get("/beteiligung", listing, name="consultations", access=EVERYONE),
    get("/beteiligung/{slug}", consultation, name="consultation", access=EVERYONE),
    get("/strategie", whole_strategy, name="strategy", access=EVERYONE),
]
