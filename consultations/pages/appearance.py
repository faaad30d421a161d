"""How the installation looks: admins change it here; its logo and its colour are files for everyone."""

from collections.abc import Awaitable, Callable

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from consultations import accent, appearance
from consultations.pages.appearance_form import LOGO_SIZE, TOO_LARGE, AppearanceForm, filled_with, look_of
from consultations.town import Logo, Shown, Town, shown
from dialogue.kit import catalogues, colour, images
from dialogue.kit.errors import Invalid, NotFound
from dialogue.roles import ADMINS, EVERYONE
from dialogue.web import Page, alone, get, path, post

KEPT = {"cache-control": "public, max-age=31536000, immutable"}
TYPES = {"png": "image/png", "svg": "image/svg+xml"}
HARMLESS = "default-src 'none'; sandbox; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


async def _town(page: Page) -> Town:
    """The city as the database has it at this moment, not as it was looked up seconds ago."""
    town: Town = page.house.city
    town.take(await appearance.newest(page.db))
    await to_thread.run_sync(catalogues.languages)  # the first time it reads all templates
    return town


async def edit(page: Page) -> Response:
    town = await _town(page)
    return await _render(page, town, filled_with(town))


async def _render(
    page: Page, town: Town, form: AppearanceForm, *, status: int = 200, preview: Shown | None = None
) -> Response:
    chosen = form.colour or town.accent or accent.USUAL
    return page.render(
        "consultations/appearance.html",
        status=status,
        city=preview or town,
        form=form,
        proposal=form.proposal,
        logo=await _logo(page, form),
        schemes=[accent.light(chosen), accent.dark(chosen)],
        languages=catalogues.languages(),
        history=await appearance.history(page.db),
        version=town.version,
        preview=preview is not None,
        saved=page.query.get("gespeichert") == str(town.version),
        usual=town.file.accent or accent.USUAL,
        standing=town.file.platform,
    )


async def _logo(page: Page, form: AppearanceForm) -> Logo | None:
    """The logo that the form carries: the one that holds, or one uploaded with an earlier answer."""
    if form.remove_logo.data or not form.kept_logo.data:
        return None
    found = await appearance.logo(page.db, form.kept_logo.data)
    return Logo(*found) if found else None


async def _read_logo(page: Page) -> Callable[[], Awaitable[images.Picture | None]]:
    """Looks at the upload beside the event loop, before the transaction begins."""

    async def work() -> images.Picture | None:
        try:
            data = await page.upload("logo", LOGO_SIZE, TOO_LARGE)
            return None if data is None else await to_thread.run_sync(images.read, data)
        except Invalid as wrong:
            wrong.field = "logo"
            raise

    return work


async def _checked(page: Page, form: AppearanceForm) -> int:
    """The status of what was sent: each error stands at its field, and a good logo is kept even so."""
    if proposed := page.form.get("take"):
        form.accent.data = str(proposed)
    status = 200 if form.validate() else 422
    if form.kept_logo.data and not form.remove_logo.data and await _logo(page, form) is None:
        form.kept_logo.data = ""
        form.refuse(
            Invalid(
                "Das Logo von vorhin ist nicht mehr da. Bitte laden Sie es noch einmal hoch.", field="logo"
            )
        )
        status = 422
    try:
        if page.prepared:
            form.kept_logo.data = (await appearance.keep_logo(page.db, page.prepared)).digest
            form.remove_logo.data = False
    except Invalid as wrong:
        form.refuse(wrong)
        status = wrong.status
    return status


async def save(page: Page) -> Response:
    """Preview or save."""
    town, form = await _town(page), page.filled(AppearanceForm)
    status = await _checked(page, form)
    if status != 200:
        return await _render(page, town, form, status=status)
    logo = await _logo(page, form)
    look = look_of(form, town.file, logo.digest if logo else None)
    if page.form.get("action") != "save":
        return await _render(page, town, form, preview=shown(town.file, look, logo))
    try:
        saved = await appearance.save(page.db, look, follows=form.follows, person_id=page.me.id)
    except appearance.Overtaken as late:
        form.version.data = str(town.version)
        form.form_errors.append(late.text)
        return await _render(page, town, form, status=late.status)
    return page.redirect(path("appearance", gespeichert=saved))


async def restore(page: Page) -> Response:
    """Let an earlier look hold again; number 0 is the city's file."""
    saved = await appearance.restore(page.db, page.params["id"], person_id=page.me.id)
    return page.redirect(path("appearance", gespeichert=saved))


def stylesheet(request: Request) -> Response:
    """The colour as tokens: made of the address alone, so that a preview needs nothing stored."""
    chosen = f"#{request.path_params['accent']}"
    if not colour.is_colour(chosen) or accent.faint(chosen):
        raise NotFound
    return Response(accent.stylesheet(chosen), headers=KEPT, media_type="text/css")


async def logo_file(page: Page) -> Response:
    """A picture that was written anew when it came in; an SVG may do nothing at all."""
    kind = page.params["ending"]
    data = await appearance.logo_file(page.db, page.params["digest"], kind)
    more = {"content-security-policy": HARMLESS} if kind == "svg" else {}
    return Response(data, headers=KEPT | more, media_type=TYPES[kind])


ROUTES = [
    get("/verwaltung/erscheinungsbild", edit, name="appearance", access=ADMINS),
    post(
        "/verwaltung/erscheinungsbild",
        save,
        name="save_appearance",
        access=ADMINS,
        prepare=_read_logo,
        file=LOGO_SIZE,
    ),
    post(
        "/verwaltung/erscheinungsbild/{id:int}/wiederherstellen",
        restore,
        name="restore_appearance",
        access=ADMINS,
    ),
    alone("/erscheinungsbild/{accent}.css", stylesheet, name="accent", access=EVERYONE),
    get("/erscheinungsbild/{digest}.{ending}", logo_file, name="logo", access=EVERYONE),
]
