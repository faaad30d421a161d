"""What came of a point: a sentence, the pictures with their tables, and the city's answers."""

from typing import Any

from starlette.responses import Response

from consultations import strategy
from consultations.outcome import figures
from consultations.pages.shared import figured, tallied
from dialogue import stances
from dialogue.kit.database import Record
from dialogue.roles import EVERYONE
from dialogue.web import Page, get


async def result(page: Page) -> Response:
    found = await strategy.point(page.db, page.params["code"], page.person_id)
    answers = await strategy.answers_in(page.db, found.thread_id)
    return page.render(
        "consultations/result.html",
        point=found,
        stance=await stances.standing(page.db, page.person_id, found.thread_id),
        figures=await figured(page).of(found.thread_id, ended=found.thread_ended),
        answers=sorted(answers.values(), key=lambda answer: (answer.after == "", answer.published_at)),
        **await _votes(page, found),
    )


async def _votes(page: Page, found: Record) -> dict[str, Any]:
    """Contributions by their votes: after the end all, before only those the reader voted on, sealed none."""
    if found.thread_sealed or not (found.thread_ended or page.person_id):
        return {"lists": figures.Lists(), "tallies": {}}
    among = None
    if not found.thread_ended:
        among = await figures.voted_on(page.db, page.person_id or 0, found.thread_id)
        if not among:
            return {"lists": figures.Lists(), "tallies": {}}
    tallies = (await tallied(page).of({found.thread_id: found.thread_ended}))[found.thread_id]
    lists = await figures.lists(page.db, tallies, among)
    return {"lists": lists, "tallies": {one: tallies.of[one].shown for one in lists.all}}


async def numbers(page: Page) -> Response:
    """What the page counts, for spreadsheets: the same for everyone who may read the point."""
    found = await strategy.point(page.db, page.params["code"], page.person_id)
    shown = found.thread_ended and not found.thread_sealed
    counted = await figured(page).of(found.thread_id, ended=found.thread_ended)
    standing = await stances.standing(page.db, None, found.thread_id) if shown else None
    tallies = await tallied(page).of({found.thread_id: True}) if shown else {}
    named = await figures.numbers(page.db, found.thread_id) if shown else {}
    lines = figures.table(counted, standing.tally if standing else None, tallies.get(found.thread_id), named)
    headers = {"content-disposition": f'attachment; filename="{found.code}-ergebnis.csv"'}
    return Response("".join(lines), media_type="text/csv; charset=utf-8", headers=headers)


ROUTES = [
    get("/punkte/{code}/ergebnis", result, name="result", access=EVERYONE),
    get("/punkte/{code}/ergebnis.csv", numbers, name="result_numbers", access=EVERYONE),
]
