"""The guard in the form: warns once before sending, blacks out on request, and looks while somebody types."""

from dataclasses import dataclass, field

from starlette.responses import Response
from wtforms import Field

from dialogue import comments, threads
from dialogue.kit.text import is_blank
from dialogue.pages import guests
from dialogue.roles import VOICES
from dialogue.web import Page, path, post
from moderation import guard
from moderation.masking import BLACK
from moderation.triage import signs

MASK = "mask"  # the button that blacks out


@dataclass(frozen=True)
class Told:
    """What the form says about its text: personal data in it, links, or that places were blacked out."""

    seen: guard.Seen | None = None
    links: list[signs.Sign] = field(default_factory=list)
    masked: bool = False
    stops: bool = False  # shown instead of sending
    live: bool = False  # shown while somebody types
    black: str = BLACK

    @property
    def status(self) -> int:
        return 200 if self.masked else 422


def told(text: str) -> Told:
    """All that is to be said about a text whose author asks for it."""
    return Told(guard.seen(text), signs.links(text))


def stopped(page: Page, text: Field) -> Told | None:
    """What to say instead of sending: that places are blacked out now, or what the writer has not heard of
    about this very text. Raises Invalid for a text that could not be sent anyway."""
    if page.form.get("action") == MASK:
        before = comments.checked(text.data or "")  # its length first: blacking out looks again and again
        text.data = guard.blacked(before)
        return Told(masked=text.data != before)
    seen = guard.seen(comments.checked(text.data or ""))
    return None if seen is None or seen.digest in page.form.getlist("warned") else Told(seen, stops=True)


async def look(page: Page) -> Response:
    """The look at a text while it is written: answers to the writer only, and keeps nothing of it."""
    thread = threads.must_be_open(await guests.place(page, page.params["thread"], "guests_write"))
    text = str(page.form.get("text", ""))
    seen = None if is_blank(text) else guard.seen(comments.checked(text))
    return page.fragment(
        "moderation/_guard.html", otherwise=path("write", thread=thread.id), told=Told(seen, live=True)
    )


ROUTES = [post("/faden/{thread:int}/hinweise", look, name="guard", access=VOICES)]
