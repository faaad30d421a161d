"""Pages that stand beside the dialogue: terms, legal pages, health; the demo's mailbox."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from starlette.responses import PlainTextResponse, Response

from consultations.editing import pages
from dialogue import accounts
from dialogue.kit import jobs
from dialogue.kit.errors import NotFound, Unavailable
from dialogue.roles import EVERYONE
from dialogue.web import Page, alone, get


def _legal(slug: str) -> Any:
    async def legal(page: Page) -> Response:
        if own := await pages.by_slug(page.db, slug, legal=True):
            return page.render("consultations/page.html", page=own)
        found = page.house.city.pages.get(slug)
        if found is None:
            raise NotFound
        return page.render(
            "dialogue/page.html",
            title=found.title,
            sections=found.section,
            checked=found.checked,
            note=found.note,
            dated=found.dated,
            edition="",
        )

    return legal


async def listed(page: Page) -> Response:
    """What there is to read beside the dialogue; the foot of every page leads here."""
    return page.render("consultations/pages.html", pages=await pages.published(page.db))


async def one(page: Page) -> Response:
    found = await pages.by_slug(page.db, page.params["slug"])
    if found is None:
        raise NotFound
    return page.render("consultations/page.html", page=found)


async def terms(page: Page) -> Response:
    found = await accounts.current_terms(page.db)
    if found is None:
        raise NotFound
    return page.render(
        "dialogue/page.html",
        title=found.title,
        sections=found.sections,
        checked=not page.house.settings.demo,
        note="",
        dated=None,
        edition=found.version,
    )


def _mailbox(page: Page) -> Path:
    folder = page.house.post.folder
    if not page.house.settings.demo or folder is None:
        raise NotFound
    return folder


def _read(file: Path) -> dict[str, Any]:
    message = message_from_bytes(file.read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    return {
        "id": file.stem,
        "subject": message["Subject"],
        "to": message["To"],
        "at": message["Date"].datetime,
        "text": message.get_content(),
    }


async def mailbox(page: Page) -> Response:
    files = sorted(_mailbox(page).glob("*.eml"), key=lambda file: file.stat().st_mtime, reverse=True)
    return page.render("dialogue/demo_mail.html", mails=[_read(file) for file in files[:100]])


async def one_mail(page: Page) -> Response:
    file = _mailbox(page) / f"{str(page.params['id'])[:20]}.eml"  # no longer than a file's name may be
    if not file.is_file():
        raise NotFound
    return page.render("dialogue/demo_mail_one.html", mail=_read(file))


async def readyz(page: Page) -> Response:
    """The database answers, and jobs are being worked off."""
    waiting = await jobs.waiting_seconds(page.db)
    if waiting > 300:
        raise Unavailable("Die Aufträge warten seit über fünf Minuten: Läuft der Worker?")
    return PlainTextResponse(f"ok, queue {waiting:.0f} s")


ROUTES = [
    get("/teilnahmebedingungen", terms, name="terms", access=EVERYONE),
    get("/impressum", _legal("impressum"), name="imprint", access=EVERYONE),
    get("/datenschutz", _legal("datenschutz"), name="privacy", access=EVERYONE),
    get("/barrierefreiheit", _legal("barrierefreiheit"), name="accessibility", access=EVERYONE),
    get("/seiten", listed, name="pages", access=EVERYONE),
    get("/seiten/{slug}", one, name="page", access=EVERYONE),
    get("/demo/post", mailbox, name="demo_mail", access=EVERYONE),
    get("/demo/post/{id:int}", one_mail, name="demo_mail_one", access=EVERYONE),
    alone("/healthz", lambda _: PlainTextResponse("ok"), name="healthz", access=EVERYONE),
    get("/readyz", readyz, name="readyz", access=EVERYONE),
]
