"""What is hidden is gone everywhere within five seconds, in every process."""

import asyncio
import time
import zipfile
from html import unescape

import httpx2

from consultations.outcome import exports
from consultations.outcome.formats import FORMATS
from dialogue import accounts
from tests.make import Make

MARK = "Zwiebelkuchenrezept"
REASONS = "Ein Rezept hat mit dem Punkt nichts zu tun, so schön es ist."


async def test_hidden_is_gone_from_every_page_the_search_and_the_export_within_five_seconds(
    installation, tmp_path
):
    database = installation.database()
    make = Make(database)
    point, rule = await make.point(await make.consultation()), await make.rule()
    comment = await make.comment(point.thread, text=MARK)
    reply = await make.comment(point.thread, parent_id=comment.id, text="Eine Antwort")
    moderator = await make.person("moderator", password=None)
    async with database.writing() as db:
        token = (await accounts.sign_in(db, moderator.id, "Test"))[0]
    public = [
        f"/punkte/{point.code}",
        f"/punkte/{point.code}?sort=newest",
        f"/punkte/{point.code}?druck=1",
        f"/punkte/{point.code}/ergebnis",
        f"/beitraege/{comment.number}",
        f"/beitraege/{reply.number}",
        f"/suche?q={MARK}",
        "/",
    ]
    staff = [f"/beteiligung/{point.consultation.slug}/karten?punkt={point.code}"]

    async def showing():
        """Where it can be read, asked often enough to meet both processes."""
        found = set()
        for _ in range(4):
            async with httpx2.AsyncClient(base_url=installation.origin, timeout=20) as client:
                for address in (*public, *staff):
                    cookie = {"cookie": f"session={token}"} if address in staff else {}
                    page = unescape((await client.get(address, headers=cookie)).text)
                    if MARK in page.replace(f'value="{MARK}"', "").replace(f"„{MARK}“", ""):
                        found.add(address)
        return found

    async def exported():
        files = [tmp_path / format for format in FORMATS]
        for file in files:
            await exports.to_file(
                database, point.consultation.slug, "panelist", file, lambda *_: None, file.name
            )
        return [await asyncio.to_thread(_holds, file) for file in files]

    # Seen first: the search needs the words, the tallies their count.
    assert {f"/punkte/{point.code}", f"/suche?q={MARK}", *staff} <= await showing()
    assert await exported() == [True] * len(FORMATS)

    decision = {"decision": "hide", "revision": 1, "rule": rule.id, "reasons": REASONS}
    headers = {"origin": installation.origin, "cookie": f"session={token}"}
    async with httpx2.AsyncClient(base_url=installation.origin, headers=headers) as client:
        answer = await client.post(f"/moderation/{comment.number}/entscheiden", data=decision)
    assert answer.status_code == 303

    hidden = time.monotonic()
    while left := await showing():
        assert time.monotonic() - hidden < 5, left
        await asyncio.sleep(0.1)
    assert await exported() == [False] * len(FORMATS)
    await database.close()


def _holds(file):
    with zipfile.ZipFile(file) as archive:
        return any(MARK.encode() in archive.read(name) for name in archive.namelist())
