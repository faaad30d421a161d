"""The editors' desk: write, compare, preview, publish – the same pages for everything they edit."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from starlette.responses import Response

from consultations.editing import consultations, desk, homes, items, pages, starts, versions
from consultations.editing.items import KINDS, Item, Overtaken, Unready
from consultations.editing.kinds import Gap
from consultations.pages import editing_views as views
from consultations.pages.editing_forms import ConsultationForm, Draft, add_row
from dialogue.kit.errors import Conflict, Invalid, Malformed, NotFound
from dialogue.roles import EDITORS
from dialogue.web import Page, get, path, post


def _render(page: Page, template: str, /, *, status: int = 200, **context: Any) -> Response:
    common = {"section": "editing", "folders": views.FOLDERS, "link": views.link}
    return page.render(template, status=status, **common, **context)


async def start(page: Page) -> Response:
    done = await _done(page) if "fertig" in page.query else None
    mine = await homes.of(page.db, page.me)
    overview = await desk.overview(page.db, mine)
    return _render(page, "consultations/editing/desk.html", desk=overview, done=done, all=mine is None)


async def _done(page: Page) -> tuple[str, str] | None:
    """Title and address of what was just published: looked up, the address only names it."""
    name, uid = views.SLUGS.get(page.query.get("art", "")), views.uid_in_query(page, "fertig")
    try:
        item = await views.found(page, name or "page", UUID(uid or str(uuid4())))
    except NotFound:
        return None
    return (item.content["title"], views.address(item)) if item.public else None


async def listing(page: Page) -> Response:
    """Everything of one kind: what is public, and drafts of what was never published."""
    name = views.kind_of(page)
    mine = await homes.of(page.db, page.me)
    if name != "consultation":
        await views.must_edit_all(page, name)
    found = [
        each for each in await KINDS[name].listed(page.db) if mine is None or {each.uid, each.home} & mine
    ]
    known = {each.uid for each in found}
    standing = [
        row
        for row in await versions.standing(page.db, versions.DRAFT)
        if row.kind == name and homes.within(mine, name, row.subject, row.content)
    ]
    return _render(
        page,
        "consultations/editing/list.html",
        kind=name,
        all=mine is None,
        found=found,
        drafts=[row for row in standing if row.subject not in known],
        drafted={row.subject for row in standing},
        starts={uid: each for uid, each in starts.of(page.house.city).items() if uid not in known},
    )


async def new(page: Page) -> Response:
    name = views.kind_of(page)
    await views.must_edit_all(page, name)
    content = starts.consultation(page.house.city) if name == "consultation" else {}
    content = content | {"consultation": views.uid_in_query(page, "beteiligung")}
    item = Item(KINDS[name], uuid4(), content)
    return await _editor(page, item, await views.form_of(page, item))


async def edit(page: Page) -> Response:
    item = await views.item_of(page)
    if item.gone:
        return page.redirect(path("edit_history", **page.params))
    return await _editor(page, item, await views.form_of(page, item))


async def _editor(
    page: Page, item: Item, form: Draft, *, status: int = 200, other: Item | None = None, unsigned: str = ""
) -> Response:
    """The form with what is missing; after a conflict with both versions beside one another."""
    rows = await views.preview(page, item) if item.kind.NAME == "consultation" and item.number else {}
    differing = []
    if other is not None:
        differing = views.compare(await views.form_of(page, other, other.content), form)
    return _render(
        page,
        "consultations/editing/edit.html",
        status=status,
        kind=item.kind.NAME,
        item=item,
        form=form,
        gaps=await _gaps(page, item),
        points=rows.get("points", {}),
        other=other,
        differing=differing,
        address=views.address(item) if item.public else "",
        sign_off=await pages.by_uid(page.db, item.uid) if item.uid in pages.LEGAL_UIDS else None,
        unsigned=unsigned,
    )


async def _gaps(page: Page, item: Item) -> list[Gap]:
    return await item.kind.gaps(page.db, item.uid, item.content) if item.draft else []


async def save(page: Page) -> Response:
    """Save a draft; or only one more row to fill in, without saving."""
    item = await views.item_or_new(page)
    form = await views.form_of(page, item)
    action = str(page.form.get("action") or "")
    if action.startswith("add-"):
        add_row(form, action.removeprefix("add-"))
        return await _editor(page, item, form)
    if not await _is_fine(page, item, form):
        return await _editor(page, item, form, status=422)
    try:
        content = await items.save(page.db, item, views.number_in(page, "base"), form.content, page.me.id)
    except Overtaken as overtaken:
        form.base.data = str(overtaken.item.number)
        return await _editor(page, item, form, status=409, other=overtaken.item)
    return page.redirect(_onward(item, content, action))


async def _is_fine(page: Page, item: Item, form: Draft) -> bool:
    fine = form.validate()
    if not fine or not isinstance(form, ConsultationForm):
        return fine
    problems = consultations.problems(form.content, item.stored)
    for name, sentence in problems:
        form.tell(name, sentence)
    return not problems


def _onward(item: Item, content: dict[str, Any], action: str) -> str:
    """After saving: the preview, or back; a new point of a draft leads to the list of what is still missing."""
    here = {"kind": views.FOLDERS[item.kind.NAME], "uid": item.uid}
    if action == "preview":
        return path("edit_preview", **here)
    if item.kind.NAME == "point" and item.number == 0 and content.get("consultation"):
        return path("edit_item", kind="beteiligungen", uid=content["consultation"])
    return path("edit_item", **here)


async def preview(page: Page) -> Response:
    return await _preview(page, await views.item_of(page))


async def _preview(page: Page, item: Item, *, status: int = 200, problem: str = "") -> Response:
    if item.gone:
        raise NotFound
    before = item.public.content if item.public else None
    return _render(
        page,
        "consultations/editing/preview.html",
        status=status,
        kind=item.kind.NAME,
        item=item,
        content=item.content,
        gaps=await _gaps(page, item),
        changes=await views.changes(page, item, before, item.content) if before and item.draft else [],
        problem=problem,
        **await views.preview(page, item),
    )


async def publish(page: Page) -> Response:
    item = await views.item_of(page)
    try:
        await items.publish(page.db, item, views.number_in(page, "base"), page.me.id)
    except Unready as unready:
        return await _preview(page, item, status=422, problem=unready.title)
    except Overtaken as overtaken:
        return await _preview(page, overtaken.item, status=409, problem=overtaken.title)
    return page.redirect(path("editing", fertig=item.uid, art=page.params["kind"]))


async def history(page: Page) -> Response:
    item = await views.item_of(page)
    steps = await versions.history(page.db, item.kind.NAME, item.uid)
    return _render(page, "consultations/editing/history.html", kind=item.kind.NAME, item=item, steps=steps)


async def step(page: Page) -> Response:
    """One step, and what it changed."""
    item = await views.item_of(page)
    steps = await versions.history(page.db, item.kind.NAME, item.uid)
    at = next((at for at, each in enumerate(steps) if each.number == page.params["step"]), None)
    if at is None:
        raise NotFound
    before: dict[str, Any] = next((each.content for each in steps[at + 1 :] if each.content), {})
    changed = await views.changes(page, item, before, steps[at].content) if steps[at].content else []
    context: dict[str, Any] = {"kind": item.kind.NAME, "item": item, "step": steps[at], "changes": changed}
    return _render(page, "consultations/editing/step.html", **context)


async def restore(page: Page) -> Response:
    item = await views.item_of(page)
    number = views.number_in(page, "step")
    return await _act(page, item, items.restore(page.db, item, _base(page), number, page.me.id))


async def discard(page: Page) -> Response:
    item = await views.item_of(page)
    await _act(page, item, items.discard(page.db, item, _base(page), page.me.id))
    return page.redirect(path("editing"))


async def withdraw(page: Page) -> Response:
    item = await views.item_of(page)
    return await _act(page, item, items.withdraw(page.db, item, _base(page), page.me.id))


def _base(page: Page) -> int:
    return views.number_in(page, "base")


async def _act(page: Page, item: Item, act: Any) -> Response:
    """Do it, or say that somebody saved in between: then one looks first."""
    try:
        await act
    except Overtaken:
        raise Conflict(
            "Inzwischen hat jemand anderes gespeichert. Bitte sehen Sie sich erst dessen Fassung an."
        ) from None
    return page.redirect(path("edit_item", **page.params))


async def sign_off(page: Page) -> Response:
    item = await views.item_of(page)
    try:
        seen = datetime.fromisoformat(str(page.form.get("seen") or ""))
    except ValueError:
        raise Malformed from None
    try:
        await pages.sign_off(page.db, item.uid, str(page.form.get("office") or ""), seen, page.me.id)
    except Invalid as error:
        return await _editor(
            page, item, await views.form_of(page, item, item.content), status=422, unsigned=error.text
        )
    return page.redirect(path("edit_item", **page.params))


HERE = "/redaktion/{kind}/{uid:uuid}"
ROUTES = [
    get("/redaktion", start, name="editing", access=EDITORS),
    get("/redaktion/{kind}", listing, name="edit_list", access=EDITORS),
    get("/redaktion/{kind}/neu", new, name="edit_new", access=EDITORS),
    get(HERE, edit, name="edit_item", access=EDITORS),
    post(HERE, save, name="edit_save", access=EDITORS),
    get(f"{HERE}/vorschau", preview, name="edit_preview", access=EDITORS),
    post(f"{HERE}/veroeffentlichen", publish, name="edit_publish", access=EDITORS),
    get(f"{HERE}/verlauf", history, name="edit_history", access=EDITORS),
    get(HERE + "/verlauf/{step:int}", step, name="edit_step", access=EDITORS),
    post(f"{HERE}/wiederherstellen", restore, name="edit_restore", access=EDITORS),
    post(f"{HERE}/verwerfen", discard, name="edit_discard", access=EDITORS),
    post(f"{HERE}/zuruecknehmen", withdraw, name="edit_withdraw", access=EDITORS),
    post(f"{HERE}/freigeben", sign_off, name="edit_sign_off", access=EDITORS),
]
