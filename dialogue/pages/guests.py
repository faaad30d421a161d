"""Speaking without an account: where guests may, and how a session begins for them."""

from dataclasses import dataclass
from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dialogue import accounts, comments, guests, limits, proof, threads, votes
from dialogue.kit.database import Record
from dialogue.kit.errors import NotFound, SignInNeeded
from dialogue.roles import EVERYONE
from dialogue.web import Page, alone


async def place(page: Page, thread_id: int, right: str) -> Record:
    """The thread, for people with an account and for guests where it has this `right` (guests_write,
    guests_vote). To all others every thread says the same: SignInNeeded."""
    if page.person is not None:
        return await threads.get(page.db, thread_id, page.person.id)
    try:
        thread = await threads.get(page.db, thread_id, page.person_id)
    except NotFound:
        raise SignInNeeded from None
    if not getattr(thread, right):
        raise SignInNeeded
    return thread


async def place_of(page: Page, number: str, right: str) -> Record:
    """The thread of a published contribution, like `place`."""
    try:
        comment = await comments.published(page.db, number, page.person_id)
    except NotFound:
        if page.person is None:
            raise SignInNeeded from None
        raise
    return await place(page, comment.thread_id, right)


async def vote(page: Page, number: str) -> votes.Ballot:
    """The vote of somebody known, or of a guest whose session begins with the answer."""
    if page.voice is None:
        await place_of(page, number, "guests_vote")
    value = page.choice("vote", votes.CHOICES)
    voice = page.voice or await newcomer(page)
    most = votes.A_MINUTE if page.house.settings.limits else 0
    return await votes.cast(page.db, voice.id, number, value, most=most)


async def newcomer(page: Page) -> accounts.Current:
    """A guest of whom nothing is known but their connection: so many an hour. Whose session has ended signs in."""
    if page.house.cookie in page.request.cookies:
        raise SignInNeeded
    if page.house.settings.limits:
        await limits.take(page.db, limits.GUESTS_ADDRESS, page.address_key)
    return await _begin(page, await guests.add(page.db))


async def _begin(page: Page, guest_id: int) -> accounts.Current:
    token, life = await accounts.sign_in(page.db, guest_id, "")
    page.begin_session(token, int(life.total_seconds()))
    page.guest = await accounts.current(page.db, token)
    assert page.guest is not None
    return page.guest


@dataclass(frozen=True)
class Author:
    """Who writes, and whether a person has to read it first because nothing was proved."""

    voice: accounts.Current
    unproved: bool = False


async def author(page: Page, text: str, *, form: UUID, once: UUID) -> Author:
    """Who sends a text: an account, or a guest whose device has proved some work, or at least few of them.

    A text that was sent already needs no second proof. Raises Invalid before anything begins.
    """
    if page.person is not None:
        return Author(page.person)
    if not page.form.get("guest"):  # the form was opened with an account whose session has ended
        raise SignInNeeded
    voice, key = page.guest, page.keyed("guest", str(form)).hex()
    if voice is None and (known := await guests.of_form(page.db, key)) is not None:
        voice = await _begin(page, known)
    if voice is not None:
        await comments.one_by_one(page.db, voice.id)
        if await comments.repeated(page.db, voice.id, once):
            return Author(voice)
    comments.checked(text)
    unproved = not await _proved(page)
    if voice is None:
        voice = await _begin(page, await guests.add(page.db, key))
        await guests.agree(page.db, voice.id)
    return Author(voice, unproved)


async def _proved(page: Page) -> bool:
    """Whether the device has solved its riddle; without JavaScript there is none, and few may write so."""
    sent = page.form.get("altcha")
    if isinstance(sent, str) and sent:
        await proof.take(page.db, page.house.settings.key, sent)
        return True
    if page.house.settings.limits:
        await limits.take(page.db, limits.UNPROVED_ADDRESS, page.address_key)
        await limits.take(page.db, limits.UNPROVED_ALL, page.keyed("all"))
    return False


def challenge(request: Request) -> Response:
    """A riddle for the device of somebody who writes without an account."""
    return JSONResponse(proof.challenge(request.app.state.house.settings.key))


ROUTES = [alone("/aufgabe", challenge, name="challenge", access=EVERYONE)]
