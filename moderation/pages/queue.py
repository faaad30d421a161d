"""The moderators' working tool: what asks for a decision; the keys; the journal; the Netiquette."""

from datetime import datetime
from typing import Any

from starlette.responses import Response

from dialogue.roles import EVERYONE, MODERATORS
from dialogue.web import Page, get
from moderation import filters, queue, records, rules

KEYS = (
    ("V", "Veröffentlichen oder wiederherstellen"),
    ("B", "Der Beitrag bleibt stehen, die Entscheidung bleibt bestehen"),
    ("1 bis 9", "Regel wählen; der Text der Begründung wird vorgeschlagen"),
    ("A", "Ablehnen oder ausblenden"),
    ("S", "Die markierte Stelle im Beitrag zum Schwärzen vormerken"),
    ("G", "Geschwärzt veröffentlichen"),
    ("J, K", "Zum nächsten Beitrag der Liste, zum vorigen"),
    ("?", "Diese Übersicht"),
)


async def waiting(page: Page) -> Response:
    return await show_list(page, done=await own_decision(page))


async def own_decision(page: Page) -> Any:
    """What was decided just before: looked up, the address only names the contribution."""
    number = page.query.get("erledigt")
    return await records.own(page.db, page.me.id, number) if number else None


async def show_list(page: Page, *, done: Any = None, error: str = "", status: int = 200) -> Response:
    """What is asked for, with the ways to ask for something else."""
    context = await listed(page)
    first = await queue.following(page.db, page.viewer, context["asked"])
    threads = await queue.threads(page.db, page.viewer)
    return page.render(
        "moderation/queue.html",
        status=status,
        first=first.number if first else None,
        threads=threads,
        sections=list(dict.fromkeys(each.section for each in threads if each.section)),
        ages=filters.AGES,
        done=done,
        error=error,
        **context,
    )


async def listed(page: Page) -> dict[str, Any]:
    """What a moderator asks for, a page of it, and `place`: what keeps that in an address."""
    asked = filters.Asked.read(page.query)
    found = await queue.page(page.db, page.viewer, asked, page.query.get("weiter", ""))
    place = asked.fields | ({"weiter": found.cursor} if found.cursor else {})
    return {"asked": asked, "waiting": found, "place": place}


async def keys(page: Page) -> Response:
    return page.render("moderation/keys.html", keys=KEYS)


async def protocol(page: Page) -> Response:
    entries = await records.protocol(page.db, page.viewer, page.number("vor") or None)
    decided = [entry["detail"]["record"] for entry in entries if "record" in entry["detail"]]
    context: dict[str, Any] = {
        "entries": [entry | {"at": datetime.fromisoformat(entry["at"])} for entry in entries],
        "told": await records.told(page.db, decided, page.viewer),
        "before": entries[-1]["id"] if len(entries) == 50 else None,
    }
    return page.render("moderation/journal.html", section="moderation", **context)


async def netiquette(page: Page) -> Response:
    """The version in force, or an earlier one: consultations and decisions point to theirs."""
    word = page.query.get("fassung")
    found = await rules.version(page.db, word) if word else await rules.current(page.db)
    versions = await rules.versions(page.db)
    return page.render("moderation/rules.html", netiquette=found, versions=versions)


ROUTES = [
    get("/moderation", waiting, name="queue", access=MODERATORS),
    get("/moderation/tasten", keys, name="keys", access=MODERATORS),
    get("/moderation/protokoll", protocol, name="journal", access=MODERATORS),
    get("/netiquette", netiquette, name="rules", access=EVERYONE),
]
