"""The search page: what was asked, where, and what was found."""

from collections import defaultdict
from typing import Any

from starlette.responses import Response

from consultations import search
from dialogue.kit.errors import Invalid, NotFound
from dialogue.roles import EVERYONE
from dialogue.search import MAX_LENGTH, Asked, typed, understand
from dialogue.web import Page, get, path

KINDS = {"": "all", "punkte": "points", "beitraege": "comments"}
ANSWERS = {"": "any", "ja": "answered", "geaendert": "changed"}


def _one_of(page: Page, name: str, choices: dict[str, str]) -> str:
    value = page.query.get(name, "")
    if value not in choices:
        raise NotFound
    return choices[value]


async def find(page: Page) -> Response:
    """Without words: how to search. With too many: the beginning of them, to be shortened."""
    filters = search.Filters(
        page.query.get("wo", ""), _one_of(page, "art", KINDS), _one_of(page, "antwort", ANSWERS)
    )
    known = await search.places(page.db)
    threads = search.threads_of(known, filters.place)
    try:
        said = typed(page.query.get("q", ""))
    except Invalid as error:
        shortened = page.query["q"].replace("\0", "")[:MAX_LENGTH]
        return _shown(page, known, Asked(shortened), filters, status=error.status, error=error.text)
    asked = await understand(page.db, said)
    found = (
        await search.find(page.db, asked, filters, threads, page.query.get("weiter", "")) if said else None
    )
    return _shown(page, known, asked, filters, found=found)


def _shown(
    page: Page,
    known: Any,
    asked: Asked,
    filters: search.Filters,
    *,
    found: search.Found | None = None,
    error: str = "",
    status: int = 200,
) -> Response:
    places: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in known:
        places[row.slug, row.title].append(row)
    chosen = {name: page.query[name] for name in ("q", "wo", "art", "antwort") if page.query.get(name)}
    return page.render(
        "consultations/search.html",
        status=status,
        asked=asked,
        filters=filters,
        found=found,
        places=places,
        error=error,
        first=not page.query.get("weiter"),
        only_points=path("search", **(chosen | {"art": "punkte"})),
        more=path("search", **chosen, weiter=found.more) if found and found.more else None,
    )


ROUTES = [get("/suche", find, name="search", access=EVERYONE)]
