"""The panel's and the committee's desk: counts so far, exports as jobs, downloads."""

from pathlib import Path

from starlette.responses import FileResponse, Response

from consultations import calendar, strategy
from consultations.outcome import exports
from consultations.outcome.formats import FORMATS, MEDIA
from consultations.pages.shared import counter
from dialogue import journal
from dialogue.kit.errors import NotFound
from dialogue.roles import COMMITTEE, PANEL, READERS
from dialogue.web import Page, get, path, post


async def _desk(page: Page, template: str, section: str, role: str) -> Response:
    entries = await calendar.entries(page.db, counter(page), page.me.id)
    started = [each for each in entries if each.state != "upcoming" and page.me.holds(role, each.room_id)]
    return page.render(
        template,
        section=section,
        entries=started,
        results=await strategy.results(page.db, [entry.id for entry in started]),
        exports=await exports.of_person(page.db, page.me.id),
    )


async def panel(page: Page) -> Response:
    return await _desk(page, "consultations/panel.html", "panel", "panelist")


async def committee(page: Page) -> Response:
    return await _desk(page, "consultations/committee.html", "committee", "committee")


async def export(page: Page) -> Response:
    entry = await calendar.find(page.db, page.params["slug"], page.me.id)
    role = page.choice("role", {role: role for role in exports.ROLES if page.me.holds(role, entry.room_id)})
    chosen = page.choice("format", {each: each for each in FORMATS}) if "format" in page.form else "csv"
    job_id = await exports.start(
        page.db,
        entry.id,
        entry.title,
        role=role,
        person_id=page.me.id,
        format=chosen,
    )
    return page.redirect(path("job", id=job_id))


async def job(page: Page) -> Response:
    found = await exports.ordered(page.db, page.params["id"], page.me.id)
    template = "consultations/_job.html" if page.is_htmx else "consultations/job.html"
    return page.render(template, job=found)


async def download(page: Page) -> Response:
    """The file, after the rights were checked again; each download stands in the journal."""
    found = await exports.downloadable(page.db, page.params["id"], page.me)
    file = Path(page.house.settings.data) / "exports" / found.file
    if not file.is_file():
        raise NotFound("Diese Datei gibt es nicht mehr. Bitte erstellen Sie den Export noch einmal.")
    await journal.record(
        page.db, "export.downloaded", f"export:{found.job_id}", person_id=page.me.id, sha256=found.sha256
    )
    return FileResponse(file, filename=found.file.partition("-")[2], media_type=MEDIA[found.format])


ROUTES = [
    get("/gremium", panel, name="panel", access=PANEL),
    get("/ausschuss", committee, name="committee", access=COMMITTEE),
    post("/beteiligung/{slug}/export", export, name="export", access=READERS),
    get("/auftraege/{id:int}", job, name="job", access=READERS),
    post("/auftraege/{id:int}/datei", download, name="download", access=READERS),
]
