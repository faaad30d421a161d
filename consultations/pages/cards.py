"""One card at a time: a contribution, three large buttons, and on to the next."""

from starlette.responses import Response

from consultations import calendar
from consultations.cards import Way, deal
from consultations.pages.shared import tallied
from dialogue import votes
from dialogue.kit import tokens
from dialogue.kit.errors import NotFound, SignInNeeded
from dialogue.pages import guests
from dialogue.roles import VOICES
from dialogue.web import Page, get, path, post


async def cards(page: Page) -> Response:
    """The next card; after ten votes a word of thanks."""
    way = Way.read(page.query)
    entry = await _entry(page)
    if not entry.is_open:
        return page.render("consultations/cards_closed.html", status=409, c=entry)
    template = "consultations/_deck.html" if page.is_htmx else "consultations/cards.html"
    hand = await deal(page.db, tallied(page), entry, page.person_id, way)
    return page.render(template, c=entry, hand=hand, way=way, moved=page.is_htmx)


async def _entry(page: Page) -> calendar.Entry:
    """The consultation, for guests only where they vote: to all others it says the same as one there is not."""
    try:
        entry = await calendar.find(page.db, page.params["slug"], page.person_id)
    except NotFound:
        if page.person is None:
            raise SignInNeeded from None
        raise
    if page.person is None and not entry.guests_vote:
        raise SignInNeeded
    return entry


async def play(page: Page) -> Response:
    """A vote, a card skipped, or the last vote taken back: then the next card."""
    way = Way.read(page.form)
    match page.form.get("zug"):
        case "ueberspringen":
            if page.person is None:
                await _entry(page)
            way = way.skip()
        case "zurueck":
            await votes.take_back(page.db, page.speaker.id, _number(page, "vorige"))
            way = way.undone()
        case _:
            await guests.vote(page, _number(page, "nummer"))
            way = way.voted()
    return page.redirect(path("cards", slug=page.params["slug"], **way.fields))


def _number(page: Page, name: str) -> str:
    return tokens.number(str(page.form.get(name, "")))


ROUTES = [
    get("/beteiligung/{slug}/karten", cards, name="cards", access=VOICES),
    post("/beteiligung/{slug}/karten", play, name="play_card", access=VOICES),
]
