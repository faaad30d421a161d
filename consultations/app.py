"""The roof: all routes, the door around them, one lifespan, refusals as pages."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from consultations import city
from consultations.outcome import figures
from consultations.pages import (
    appearance,
    cards,
    circles,
    editing,
    home,
    info,
    people,
    points,
    result,
    results,
    search,
    transparency,
)
from consultations.totals import Counter
from consultations.town import Town
from dialogue import tallies
from dialogue.kit import files, rendering
from dialogue.kit.database import Database
from dialogue.kit.errors import Forbidden
from dialogue.kit.kept import SECONDS
from dialogue.kit.mail import Post
from dialogue.kit.reading import Readers
from dialogue.kit.security import Door
from dialogue.kit.settings import Settings
from dialogue.pages import accounts, guests, votes
from dialogue.web import House, answer, path, refuser
from moderation import figures as moderated
from moderation.pages import (
    absences,
    appeals,
    blocks,
    bulk,
    cases,
    closing,
    digests,
    flags,
    guard,
    hints,
    intake,
    merges,
    queue,
    receipts,
)

ROUTES: list[Route] = [
    *home.ROUTES,
    *cards.ROUTES,
    *points.ROUTES,
    *result.ROUTES,
    *search.ROUTES,
    *transparency.ROUTES,
    *votes.ROUTES,
    *guests.ROUTES,
    *intake.ROUTES,
    *flags.ROUTES,
    *appeals.ROUTES,
    *guard.ROUTES,
    *receipts.ROUTES,
    *accounts.ROUTES,
    *people.ROUTES,
    *circles.ROUTES,
    *absences.ROUTES,
    *digests.ROUTES,
    *hints.ROUTES,
    *queue.ROUTES,
    *bulk.ROUTES,
    *closing.ROUTES,
    *cases.ROUTES,
    *merges.ROUTES,
    *blocks.ROUTES,
    *results.ROUTES,
    *editing.ROUTES,
    *info.ROUTES,
    *appearance.ROUTES,
]


def house(settings: Settings, database: Database) -> House:
    """What requests and jobs share."""
    town = Town(city.read(settings))
    templates = rendering.environment(city=town, path=path, demo=settings.demo)
    mail_folder = None if settings.smtp_url else settings.data / "mail"
    return House(
        settings, database, templates, Post(settings.mail_from, settings.smtp_url, mail_folder), town
    )


def create(
    settings: Settings, database: Database, *, count_seconds: float = SECONDS, readers: Readers | None = None
) -> ASGIApp:
    """The application for one process; `readers`: who has read how much, None where nobody counts."""

    counter = Counter(database, count_seconds)
    votes_counted = tallies.Counter(database, count_seconds)
    points_counted = figures.Counter(database, count_seconds)
    moderation_counted = moderated.Counter(database, moderated.MINUTE * count_seconds)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        town = app.state.house.city
        await town.look(database)
        following = asyncio.create_task(town.follow(database))
        yield
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
        await counter.close()
        await votes_counted.close()
        await points_counted.close()
        await moderation_counted.close()
        await database.close()

    routes: list[BaseRoute] = [Mount("/static", files.static_app(), name="static"), *guarded(ROUTES)]
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers={404: _lost, 405: _lost})
    app.router.redirect_slashes = False
    app.state.house = house(settings, database)
    app.state.counter = counter
    app.state.tallies = votes_counted
    app.state.figures = points_counted
    app.state.moderation = moderation_counted
    return Door(app, origin=settings.origin, answer=refuser(app), larger=larger(ROUTES), readers=readers)


def guarded(routes: Iterable[Route]) -> list[Route]:
    """Deny by default: a route that names no access answers 403."""
    return [route if hasattr(route.endpoint, "access") else _closed(route) for route in routes]


def larger(routes: Iterable[Route]) -> dict[str, int]:
    """By path: the body limits of routes that take files."""
    return {route.path: route.endpoint.limit for route in routes if hasattr(route.endpoint, "limit")}


def _closed(route: Route) -> Route:
    async def closed(request: Request) -> Response:
        return await answer(request, Forbidden())

    return Route(route.path, closed, name=route.name, methods=list(route.methods or ()))


async def _lost(request: Request, error: Exception) -> Response:
    return await answer(request, error)
