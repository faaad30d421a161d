"""What everyone may know of moderation: figures as a page, a table and a file, and the journal's heads."""

from starlette.responses import Response

from consultations import transparency
from consultations.transparency import Account, Accounts
from dialogue import journal
from dialogue.roles import EVERYONE
from dialogue.web import Page, get
from moderation.catalogue import MEANINGS
from moderation.figures import Counter

SHOWN = 7  # heads on the page; all of them are in the file


async def _accounts(page: Page) -> Accounts:
    counter: Counter = page.request.app.state.moderation
    return await transparency.accounts(page.db, counter)


async def in_all(page: Page) -> Response:
    found = await _accounts(page)
    return await _render(page, found, found.all)


async def of_one(page: Page) -> Response:
    found = await _accounts(page)
    return await _render(page, found, found.of(page.params["slug"]))


async def _render(page: Page, found: Accounts, account: Account) -> Response:
    heads = [] if account.slug else await journal.heads(page.db, SHOWN)
    return page.render(
        "consultations/transparency.html",
        account=account,
        lines=account.lines,
        each=found.each,
        heads=heads,
        meanings=MEANINGS,
    )


def _file(text: str, name: str, media: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type=media, headers=headers)


async def table(page: Page) -> Response:
    """The figures for spreadsheets."""
    lines = transparency.table(await _accounts(page))
    return _file("".join(lines), "moderation.csv", "text/csv; charset=utf-8")


async def document(page: Page) -> Response:
    """The figures and all heads of the journal, for programs."""
    text = transparency.document(await _accounts(page), await journal.heads(page.db))
    return _file(text, "moderation.json", "application/json")


ROUTES = [
    get("/transparenz", in_all, name="transparency", access=EVERYONE),
    get("/transparenz.csv", table, name="transparency_table", access=EVERYONE),
    get("/transparenz.json", document, name="transparency_file", access=EVERYONE),
    get("/transparenz/{slug}", of_one, name="transparency_of", access=EVERYONE),
]
