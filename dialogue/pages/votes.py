"""Voting on a comment and answering a point."""

from starlette.responses import Response

from dialogue import stances, threads, votes
from dialogue.kit import tokens
from dialogue.pages import guests
from dialogue.roles import PEOPLE, VOICES
from dialogue.web import Page, get, path, post


def _number(page: Page) -> str:
    return tokens.number(page.params["number"])


async def vote(page: Page) -> Response:
    return _answer(page, await guests.vote(page, _number(page)))


async def unvote(page: Page) -> Response:
    return _answer(page, await votes.take_back(page.db, page.speaker.id, _number(page)))


def _answer(page: Page, ballot: votes.Ballot) -> Response:
    number = _number(page)
    return page.fragment(
        "dialogue/_vote.html",
        otherwise=f"{ballot.address}#b-{number}",
        number=number,
        ballot=ballot,
        is_open=True,
    )


async def back(page: Page) -> Response:
    """A vote's address opened as a page, as after signing in: on to the comment."""
    return page.redirect(path("comment", number=_number(page)))


async def stance(page: Page) -> Response:
    thread_id = page.params["thread"]
    if page.form.get("stance") == "none":
        await stances.release(page.db, page.speaker.id, thread_id)
    else:
        if page.voice is None:
            await guests.place(page, thread_id, "guests_vote")
        value = page.choice("stance", votes.CHOICES)
        voice = page.voice or await guests.newcomer(page)
        await stances.take(page.db, voice.id, thread_id, value)
    thread = await threads.get(page.db, thread_id, page.person_id)
    standing = await stances.standing(page.db, page.person_id, thread_id)
    return page.fragment(
        "dialogue/_stance.html", otherwise=f"{thread.address}#haltung", thread=thread, stance=standing
    )


ROUTES = [
    post("/beitraege/{number}/stimme", vote, name="vote", access=VOICES),
    get("/beitraege/{number}/stimme", back, name="vote_back", access=PEOPLE),
    post("/beitraege/{number}/stimme/zuruecknehmen", unvote, name="unvote", access=VOICES),
    post("/faden/{thread:int}/haltung", stance, name="stance", access=VOICES),
]
