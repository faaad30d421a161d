"""What the editors' pages show beside the form: comparisons, previews, the lists to choose from."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from wtforms import SelectField

from consultations.calendar import PhaseShown
from consultations.editing import (
    areas,
    checklist,
    consultations,
    homes,
    items,
    points,
    rulebooks,
    schedule,
    starts,
)
from consultations.editing.differences import Piece, pieces
from consultations.editing.items import KINDS, Item
from consultations.editing.kinds import Gap
from consultations.editing.pages import LEGAL_UIDS
from consultations.pages.editing_forms import Draft, as_text, filled
from consultations.tables import PHASES
from dialogue.kit import clock
from dialogue.kit.errors import Forbidden, NotFound
from dialogue.kit.forms import leaves
from dialogue.kit.text import has_html
from dialogue.web import Page, path

SLUGS = {
    "beteiligungen": "consultation",
    "punkte": "point",
    "felder": "area",
    "massnahmen": "measure",
    "seiten": "page",
    "netiquette": "rulebook",
}
FOLDERS = {name: slug for slug, name in SLUGS.items()}
ALWAYS = {"moderation", "state", "rulebook", "circle", "title"}  # fields that always have a value


def kind_of(page: Page) -> str:
    """The kind an address names, else NotFound."""
    if (name := SLUGS.get(page.params["kind"])) is None:
        raise NotFound
    return name


async def item_of(page: Page) -> Item:
    """The thing an address names, else NotFound: also when it belongs to a consultation others edit."""
    return await found(page, kind_of(page), page.params["uid"])


async def found(page: Page, kind: str, uid: UUID) -> Item:
    """A thing this editor may edit, else NotFound."""
    item = await items.find(page.db, kind, uid, starts.of(page.house.city))
    if not homes.may(await homes.of(page.db, page.me), item):
        raise NotFound
    return item


async def item_or_new(page: Page) -> Item:
    """The same, or the first words of something new, whose name was made with its form."""
    name = kind_of(page)
    try:
        await items.find(page.db, name, page.params["uid"], starts.of(page.house.city))
    except NotFound:
        if name == "rulebook":
            raise
        await must_edit_all(page, name)
        return Item(KINDS[name], page.params["uid"], {})
    return await item_of(page)


async def must_edit_all(page: Page, kind: str) -> None:
    """What belongs to no consultation, and new consultations, are for those who edit everything."""
    if kind != "point" and await homes.of(page.db, page.me) is not None:
        raise Forbidden("Dafür ist die Redaktion zuständig, die alle Beteiligungen betreut.")


async def form_of(page: Page, item: Item, content: dict[str, Any] | None = None) -> Draft:
    """The form of a thing, with what was sent or with this content, and the lists to choose from."""
    name = item.kind.NAME
    sent = page.form if page.request.method == "POST" and content is None else None
    form = filled(name, sent, item.content if content is None else content)
    if item.stored is not None or item.uid in LEGAL_UIDS:
        for fixed in ("code", "slug", "consultation"):
            form._fields.pop(fixed, None)
    if not form.base.data or sent is None:
        form.base.data = str(item.number)
    await _choices(page, form, item)
    needed = checklist.NEEDED if name == "consultation" else item.kind.NEEDED
    for field in leaves(form):
        name, _, inner = field.name.partition("-")
        field.flags.unmarked = (
            name in needed or name in ALWAYS or (inner != "" and not inner.endswith("easy"))
        )
    return form


async def _choices(page: Page, form: Draft, item: Item) -> None:
    """Fill the selects that stand in the form."""
    for field in form:
        if isinstance(field, SelectField) and field.choices is None:
            field.choices = await _listed(page, field.name, item)


async def _listed(page: Page, field: str, item: Item) -> list[tuple[str, str]]:
    if field == "area":
        none = "ohne Handlungsfeld" if item.kind.NAME == "point" else "Bitte wählen"
        return [("", none), *((str(each.uid), each.title) for each in await areas.listed(page.db))]
    if field == "consultation":
        mine = await homes.of(page.db, page.me)
        rows = [each for each in await consultations.listed(page.db) if mine is None or each.uid in mine]
        first = [("", "Bitte wählen")] if mine is None else []
        return [*first, *((str(each.uid), each.title) for each in rows)]
    if field == "rulebook":
        fixed = item.public and item.content.get("rulebook")
        newest = [] if fixed else [("", "die neueste bei der Veröffentlichung")]
        return [*newest, *await rulebooks.choices(page.db)]
    there = [(key, f"Nur der Kreis „{name}“") for key, name in await consultations.circles(page.db)]
    wanted = item.content.get("circle") or ""
    gone = [(wanted, "Diesen Kreis gibt es nicht mehr")] if wanted and wanted not in dict(there) else []
    return [("", "Alle"), *there, *gone]


# --- comparing --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """A field whose words differ between two versions."""

    label: str
    id: str
    pieces: list[Piece]


async def changes(page: Page, item: Item, before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    """Field by field what differs between two versions of a thing."""
    new = await form_of(page, item, after)
    old = filled(item.kind.NAME, None, before)
    old._fields = {name: field for name, field in old._fields.items() if name in new._fields}
    for field in new:
        if isinstance(field, SelectField):
            same: Any = old[field.name]
            same.choices = field.choices
    return compare(old, new)


def compare(before: Draft, after: Draft) -> list[Change]:
    """Field by field what differs between two forms."""
    found = []
    for old, new in zip(before.contents, after.contents, strict=True):
        texts = as_text(old), as_text(new)
        if texts[0] != texts[1]:
            found.append(Change(str(new.label.text), new.id, pieces(*texts)))
    return found


# --- showing ----------------------------------------------------------------------------------------


def address(item: Item) -> str:
    """Where citizens read it, once it is public."""
    content = item.stored.content if item.stored else item.content
    name = item.kind.NAME
    if name == "point":
        return path("point", code=content["code"])
    if name == "consultation":
        return path("consultation", slug=content["slug"])
    if name == "page":
        legal = item.uid in LEGAL_UIDS
        return f"/{content['slug']}" if legal else path("page", slug=content["slug"])
    return path("rules") if name == "rulebook" else path("strategy")


def link(gap: Gap, home: str = "") -> str:
    """Where to mend what is missing; `home` is the address of the thing itself."""
    anchor = f"#{gap.field}" if gap.field else ""
    if gap.about is not None:
        return path("edit_new", kind=FOLDERS[gap.kind], beteiligung=gap.about)
    if gap.uid is not None:
        home = path("edit_item", kind=FOLDERS[gap.kind], uid=gap.uid)
    return home + anchor


async def preview(page: Page, item: Item) -> dict[str, Any]:
    """What the preview draws: the thing as citizens will see it."""
    content, name = item.content, item.kind.NAME
    if name == "point":
        return {"point": _point(content | ({"edition": ""} if item.draft else {}))}
    if name == "consultation":
        drafts = await consultations.drafted_points(page.db, item.uid)
        there = [each for each in await points.listed(page.db) if each.home == item.uid]
        rows = {each.uid: (each.code, each.title) for each in there}
        rows |= {uid: (draft.content["code"], draft.content["title"]) for uid, draft in drafts.items()}
        return {"phases": _phases(content), "points": rows, "days": _days(content), "today": clock.today()}
    if name == "page":
        return {"has_html": has_html(content.get("text", ""))}
    return {}


def _point(content: dict[str, Any]) -> SimpleNamespace:
    words = {name: content.get(name) or "" for name in ("text", "rationale", "easy", "edition")}
    state = {"changed_at": None, "thread_ended": False, "code": content.get("code")}
    return SimpleNamespace(**words, **state, documents=content.get("documents") or [])


def _days(content: dict[str, Any]) -> dict[str, Any]:
    return {name: schedule.day(content.get(name)) for name in ("starts_on", "ends_on", "sealed_until")}


def _phases(content: dict[str, Any]) -> list[PhaseShown]:
    found, today = [], clock.today()
    for kind in PHASES:
        first, last = schedule.span(content, kind)
        words = content.get(kind) or {}
        if first is not None:
            state = "next" if first > today else "past" if last and last < today else "now"
            title = words.get("title") or schedule.TITLES[kind]
            found.append(PhaseShown(kind, title, words.get("text") or "", first, last, state))
    return found


def number_in(page: Page, field: str) -> int:
    """A step's number from a form; what is none is the one before the first."""
    value = str(page.form.get(field) or "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0


def uid_in_query(page: Page, name: str) -> str:
    """A lasting name from the address, or nothing."""
    try:
        return str(UUID(page.query.get(name, "")))
    except ValueError:
        return ""
