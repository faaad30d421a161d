"""Pages of information in Markdown, among them the three legal ones every page links to."""

from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from consultations.city import LEGAL
from consultations.editing.kinds import Gap, Listed, Stored, Written, empty, free, is_taken
from consultations.editing.versions import Content
from consultations.outcome.frame import slug_of
from consultations.tables import InfoPage
from dialogue import journal
from dialogue.kit.database import Record
from dialogue.kit.errors import Conflict, Invalid, NotFound
from dialogue.kit.text import normalise

NAME = "page"
NEEDED = {"title": "Die Überschrift fehlt.", "text": "Der Text fehlt."}
LEGAL_UIDS = {uuid5(NAMESPACE_URL, f"ki-dialog:{slug}"): slug for slug in LEGAL}
LONGEST_OFFICE = 120
_COLUMNS = (
    InfoPage.uid,
    InfoPage.slug,
    InfoPage.title,
    InfoPage.text,
    InfoPage.legal,
    InfoPage.signed_off_at,
    InfoPage.signed_off_by,
    InfoPage.changed_at,
)
_BY_UID = select(*_COLUMNS).where(InfoPage.uid == bindparam("uid"))
_BY_SLUG = select(*_COLUMNS).where(InfoPage.slug == bindparam("slug"))
_LIST = select(*_COLUMNS).order_by(InfoPage.title, InfoPage.id)
_SIGNED = (
    update(InfoPage)
    .where(InfoPage.uid == bindparam("page"), InfoPage.changed_at == bindparam("seen"))
    .values(signed_off_at=func.now(), signed_off_by=bindparam("office"))
    .returning(InfoPage.slug)
)


async def by_slug(db: AsyncConnection, slug: str, *, legal: bool = False) -> Record | None:
    """A published page by its address; the legal ones have addresses of their own."""
    found = (await db.execute(_BY_SLUG, {"slug": slug})).first()
    return found if found and found.legal == legal else None


async def published(db: AsyncConnection) -> list[Record]:
    """All pages, by title."""
    return list(await db.execute(_LIST))


async def by_uid(db: AsyncConnection, uid: UUID) -> Record | None:
    return (await db.execute(_BY_UID, {"uid": uid})).first()


async def stored(db: AsyncConnection, uid: UUID) -> Stored | None:
    row = await by_uid(db, uid)
    return (
        Stored({name: getattr(row, name) for name in ("slug", "title", "text")}, row.changed_at)
        if row
        else None
    )


async def complete(db: AsyncConnection, uid: UUID, content: Content) -> Content:
    """A legal page keeps its address; another one gets it from its title, unless somebody chose it."""
    if uid in LEGAL_UIDS:
        return content | {"slug": LEGAL_UIDS[uid]}
    if content.get("slug"):
        return content
    wanted = slug_of(str(content.get("title")), "seite")
    return content | {"slug": await free(db, InfoPage, InfoPage.slug, uid, wanted)}


async def gaps(db: AsyncConnection, uid: UUID, content: Content) -> list[Gap]:
    found = empty(NEEDED, content)
    slug = content["slug"]
    if (slug in LEGAL and uid not in LEGAL_UIDS) or await is_taken(db, InfoPage, InfoPage.slug, uid, slug):
        found.append(Gap(f"Die Adresse {slug} hat schon eine andere Seite.", field="slug"))
    return found


async def apply(db: AsyncConnection, uid: UUID, content: Content, actor: UUID) -> Written:
    """Write the row; whoever signed off the old text did not read this one."""
    words = {name: content[name] for name in ("title", "text")}
    row = insert(InfoPage).values(uid=uid, slug=content["slug"], legal=uid in LEGAL_UIDS, **words)
    unread = {"signed_off_at": None, "signed_off_by": "", "changed_at": func.now()}
    await db.execute(row.on_conflict_do_update(index_elements=[InfoPage.uid], set_=words | unread))
    slug = (await by_uid(db, uid)).slug  # type: ignore[union-attr]  # written a line before
    return Written(f"page:{slug}")


async def listed(db: AsyncConnection) -> list[Listed]:
    return [Listed(row.uid, row.title) for row in await published(db)]


async def sign_off(db: AsyncConnection, uid: UUID, office: str, seen: datetime, person_id: int) -> None:
    """Somebody responsible has read the published text: which office, and which text they read."""
    office = normalise(office)
    if not office or len(office) > LONGEST_OFFICE:
        raise Invalid("Bitte nennen Sie das Amt oder die Funktion, die geprüft hat.", field="office")
    page = await by_uid(db, uid)
    if page is None or not page.legal:
        raise NotFound
    if (await db.execute(_SIGNED, {"page": uid, "seen": seen, "office": office})).first() is None:
        raise Conflict(
            "Der Text wurde gerade geändert. Bitte lesen Sie die neue Fassung, bevor Sie sie freigeben."
        )
    await journal.record(db, "page.signed_off", f"page:{page.slug}", person_id=person_id)
