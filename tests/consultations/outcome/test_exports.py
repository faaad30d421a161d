"""Exports: everyone gets what they may see, no more, and never half a file."""

import asyncio
import csv
import io
import json
import os
import re
import time
from collections import Counter
from contextlib import nullcontext, suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from zipfile import ZipFile

import pytest
from sqlalchemy import delete, insert, select, update

from consultations.outcome import exports, readme, synth
from consultations.outcome.csvfile import guard, unguard
from consultations.tables import Consultation, Export
from consultations.totals import count
from dialogue import comments
from dialogue.accounts import Current
from dialogue.kit import clock, jobs
from dialogue.kit.errors import Gone, Invalid, NotFound
from dialogue.kit.messages import moment
from dialogue.tables import Grant, Job, JournalEntry, Vote
from moderation import erasure

PUBLIC = ("panelist", "committee", "editor")
SECRET = ("moderator", "admin")
SECRETS = ("pending", "rejected", "hidden", "withdrawn")


class Opened:
    """An export as a person sees it: names, raw texts, and the rows as dictionaries."""

    def __init__(self, path):
        with ZipFile(path) as archive:
            assert archive.testzip() is None
            self.texts = {name: archive.read(name).decode() for name in archive.namelist()}

    def rows(self, name):
        text = self.texts[name]
        assert text.startswith("\ufeff")
        assert text.endswith("\r\n")
        return list(csv.DictReader(io.StringIO(text[1:], newline=""), delimiter=";", strict=True))

    @property
    def whole(self):
        return "\n".join(self.texts.values())


@pytest.fixture
def export(database, tmp_path):
    async def made(consultation, role="panelist"):
        out = tmp_path / f"{role}.zip"
        told = await exports.to_file(database, consultation.slug, role, out, lambda line: None)
        opened = Opened(out)
        assert told == {
            "slug": consultation.slug,
            "role": role,
            "file": str(out),
            "rows": {name: len(opened.rows(name)) for name in opened.texts if name != "README.md"},
            "bytes": out.stat().st_size,
            "sha256": sha256(out.read_bytes()).hexdigest(),
        }
        return opened

    return made


async def entries(database):
    async with database.reading() as db:
        return [
            json.loads(body) for body in await db.scalars(select(JournalEntry.body).order_by(JournalEntry.id))
        ]


async def everything_there_is(make):
    """A consultation with a comment in each status, with votes, replies, guests and names."""
    point = await make.point(code="E2")
    said = {}
    for status in ("published", *SECRETS):
        author = await make.citizen(pseudonym=f"Name-{status}")
        at = (
            datetime(2026, 5, 1, 10, 31, 20, 7, tzinfo=UTC)
            if status in {"published", "hidden", "withdrawn"}
            else None
        )
        said[status] = await make.comment(
            point.thread,
            author,
            status=status,
            text=f"Text-{status}",
            published_at=at,
            example=status == "published",
        )
        await make.vote(said[status], value=1)
        await make.vote(said[status], value=-1, source="import")
        await make.vote(said[status], value=0, source="guest")
    at = datetime(2026, 5, 2, tzinfo=UTC)
    said["reply"] = await make.comment(
        point.thread, parent_id=said["published"].id, published_at=at, text="Antwort"
    )
    said["orphan"] = await make.comment(
        point.thread, parent_id=said["hidden"].id, published_at=at, text="Ins Leere"
    )
    await make.stance(point.thread, value=1)
    await make.stance(point.thread, value=-1)
    return point, said


# --- who gets what ----------------------------------------------------------------------------------


@pytest.mark.parametrize("role", PUBLIC)
async def test_public_roles_get_what_is_published_and_nothing_of_what_is_not(make, export, role):
    point, said = await everything_there_is(make)

    opened = await export(point.consultation, role)

    shown = [
        (row["nummer"], row["antwort_auf"], row["text"], row["status"])
        for row in opened.rows("beitraege.csv")
    ]
    assert shown == [
        (said["published"].number, "", "Text-published", "published"),
        (said["reply"].number, said["published"].number, "Antwort", "published"),
        (said["orphan"].number, "–", "Ins Leere", "published"),
    ]
    assert [row["beitrag"] for row in opened.rows("stimmen.csv")] == [said["published"].number] * 2
    for status in SECRETS:
        assert f"Text-{status}" not in opened.whole
        assert f"Name-{status}" not in opened.whole
        assert said[status].number not in opened.whole


async def test_a_comment_row_holds_exactly_what_the_dictionary_says(make, export):
    point, said = await everything_there_is(make)

    row = (await export(point.consultation)).rows("beitraege.csv")[0]

    assert row == {
        "nummer": said["published"].number,
        "punkt": "E2",
        "antwort_auf": "",
        "text": "Text-published",
        "pseudonym": "Name-published",
        "herkunft": "account",
        "status": "published",
        "veroeffentlicht_am": "2026-05-01T10:31:20Z",
        "zustimmung": "1",
        "neutral": "0",
        "ablehnung": "1",
        "beispiel": "ja",
        "zusammengefuehrt": "nein",
    }


async def test_a_point_row_counts_comments_votes_and_people(make, export):
    point, _ = await everything_there_is(make)

    opened = await export(point.consultation)

    assert opened.rows("punkte.csv") == [
        {
            "kürzel": "E2",
            "titel": "Kennzeichnung",
            "text": "Was eine KI geschrieben hat, wird gekennzeichnet.",
            "begruendung": "Menschen sollen wissen, mit wem sie es zu tun haben.",
            "fassung": "1.0",
            "beitraege": "3",
            "stimmen": "2",
            "haltung_zustimmung": "1",
            "haltung_neutral": "0",
            "haltung_ablehnung": "1",
        }
    ]


@pytest.mark.parametrize("role", PUBLIC)
async def test_the_rows_of_public_roles_are_as_many_as_the_page_says(make, export, database, role):
    point, _ = await everything_there_is(make)
    other, _ = await everything_there_is_elsewhere(make)

    opened = await export(point.consultation, role)

    async with database.reading() as db:
        totals = (await count(db, [point.consultation.id]))[point.consultation.id]
    assert (totals.comments, totals.votes) == (3, 2)
    assert len(opened.rows("beitraege.csv")) == totals.comments
    assert len(opened.rows("stimmen.csv")) == totals.votes
    assert other.thread.id != point.thread.id


async def everything_there_is_elsewhere(make):
    point = await make.point(code="E3")
    comment = await make.comment(point.thread, text="Text-elsewhere")
    await make.vote(comment)
    return point, comment


@pytest.mark.parametrize("role", SECRET)
async def test_moderators_get_all_but_withdrawn_text_marked_as_not_public(make, export, role):
    point, said = await everything_there_is(make)

    opened = await export(point.consultation, role)

    rows = {row["nummer"]: row for row in opened.rows("beitraege.csv")}
    assert [row["nummer"] for row in rows.values()] == [comment.number for comment in said.values()]
    assert {status: rows[said[status].number]["text"] for status in SECRETS} == {
        "pending": "Text-pending",
        "rejected": "Text-rejected",
        "hidden": "Text-hidden",
        "withdrawn": "",
    }
    assert rows[said["orphan"].number]["antwort_auf"] == said["hidden"].number
    assert "Text-withdrawn" not in opened.whole
    assert len(opened.rows("stimmen.csv")) == 15
    assert opened.texts["README.md"].startswith(
        "# Leitlinien für KI – nicht öffentlich\n\n**NICHT ÖFFENTLICH.**"
    )


@pytest.mark.parametrize("role", PUBLIC)
async def test_a_public_readme_says_for_whom_and_warns_of_nothing(make, export, role):
    point, _ = await everything_there_is(make)

    page = (await export(point.consultation, role)).texts["README.md"]

    assert page.startswith("# Leitlinien für KI\n\n- Beteiligung: /beteiligung/")
    assert f"(`{role}`)" in page
    assert "NICHT ÖFFENTLICH" not in page


async def test_only_exports_that_are_not_public_stand_in_the_journal(make, export, database):
    point, _ = await everything_there_is(make)

    for role in (*PUBLIC, *SECRET):
        await export(point.consultation, role)

    found = [(each["action"], each["subject"], each["detail"]["role"]) for each in await entries(database)]
    assert found == [("export.created", f"consultation:{point.consultation.slug}", role) for role in SECRET]


async def test_nothing_of_other_consultations_is_in_it(make, export):
    await everything_there_is_elsewhere(make)
    point, _ = await everything_there_is(make)

    assert "Text-elsewhere" not in (await export(point.consultation, "admin")).whole


async def test_an_empty_consultation_gives_headers_only(make, export):
    opened = await export(await make.consultation())

    for name, columns in readme.COLUMNS.items():
        assert opened.texts[name] == "\ufeff" + ";".join(f'"{column}"' for column in columns) + "\r\n"


# --- sealed -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [*PUBLIC, *SECRET])
@pytest.mark.parametrize("by", ["consultation", "thread"])
async def test_before_the_seal_opens_nobody_gets_votes_or_tallies(make, export, role, by):
    until = clock.now() + timedelta(days=3)
    consultation = await make.consultation(sealed_until=until if by == "consultation" else None)
    open_thread = await make.thread(title="offen")
    await make.point(consultation, open_thread, code="E1")
    thread = await make.thread(sealed_until=until if by == "thread" else None)
    point = await make.point(consultation, thread, code="E2")
    comment = await make.comment(point.thread)
    await make.vote(comment)
    await make.stance(point.thread)

    opened = await export(consultation, role)

    assert sorted(opened.texts) == ["README.md", "beitraege.csv", "punkte.csv"]
    (row,) = opened.rows("beitraege.csv")
    assert (row["zustimmung"], row["neutral"], row["ablehnung"]) == ("", "", "")
    for row in opened.rows("punkte.csv"):
        counts = [
            row[name] for name in ("stimmen", "haltung_zustimmung", "haltung_neutral", "haltung_ablehnung")
        ]
        assert counts == ["", "", "", ""]
    assert f"**Die Stimmen sind bis zum {moment(until)} verdeckt**" in opened.texts["README.md"]


async def test_after_the_seal_has_opened_the_votes_are_there(make, export):
    consultation = await make.consultation(sealed_until=clock.now() - timedelta(seconds=1))
    comment = await make.comment((await make.point(consultation)).thread)
    await make.vote(comment)

    opened = await export(consultation)

    assert len(opened.rows("stimmen.csv")) == 1
    assert "verdeckt**" not in opened.texts["README.md"]


# --- votes and texts --------------------------------------------------------------------------------


async def test_a_persons_votes_share_a_key_that_means_nothing_elsewhere(make, export):
    point = await make.point()
    first, second = [await make.comment(point.thread, await make.citizen()) for _ in range(2)]
    people = [await make.citizen() for _ in range(8)]
    for person in people:
        await make.vote(first, person, value=1)
        await make.vote(second, person, value=-1)

    once = (await export(point.consultation)).rows("stimmen.csv")
    again = (await export(point.consultation, "editor")).rows("stimmen.csv")

    keys = [row["schluessel"] for row in once]
    assert keys == sorted(keys[:8]) * 2
    assert len(set(keys)) == 8
    assert all(re.fullmatch("p[0-9a-f]{20}", key) for key in keys)
    assert set(keys) & {row["schluessel"] for row in again} == set()
    assert [(row["beitrag"], row["stimme"], row["wert"], row["herkunft"]) for row in once] == [
        *[(first.number, "agree", "1", "account")] * 8,
        *[(second.number, "disagree", "-1", "account")] * 8,
    ]


async def test_texts_survive_and_formulas_do_not(make, export):
    texts = [
        '=HYPERLINK("https://boese.example/";"hier")',
        "Liste:\n- eins\n- zwei;=3,@vier|'fünf",
        "'Ne gute Idee",
        'Er sagt: "Ja"; ich: "Nein"',
        "👩‍👩‍👧 ﷽ עברית e\u0301",
    ]
    point = await make.point(title="=Titel", text="+Text", rationale="@Grund")
    for text in texts:
        await make.comment(point.thread, text=text, author=await make.citizen(pseudonym=f"-{text[:3]}"))

    opened = await export(point.consultation)

    rows = opened.rows("beitraege.csv")
    assert [unguard(row["text"]) for row in rows] == texts
    assert [unguard(row["pseudonym"]) for row in rows] == [f"-{text[:3]}" for text in texts]
    assert rows[0]["text"].startswith("'=")
    assert rows[1]["text"] == "Liste:\n'- eins\n'- zwei;'=3,'@vier|''fünf"
    assert [rows[0]["pseudonym"][:2], *opened.rows("punkte.csv")[0].values()][:4] == [
        "'-",
        point.code,
        "'=Titel",
        "'+Text",
    ]


async def test_the_readme_explains_every_column_counts_rows_and_undoes_the_guard(make, export):
    point, _ = await everything_there_is(make)

    opened = await export(point.consultation)

    page = opened.texts["README.md"]
    for name, columns in readme.COLUMNS.items():
        assert list(opened.rows(name)[0]) == list(columns)
        assert all(f"- `{column}`: " in page for column in columns)
        assert re.search(rf"- {re.escape(name)}: {len(opened.rows(name))} Zeilen?\n", page)
    assert "Schema: ki-dialog-csv/1" in page
    assert "kein repräsentatives Bild" in page
    pattern, replacement = re.search(r're\.sub\(r"(.+)", r"(.+)", zelle\)', page).groups()
    odd = ["=1", "''=1\n\t-2", ";';'@", '"=', "a\r\n'b"]
    assert [re.sub(pattern, replacement, guard(text)) for text in odd] == odd


async def test_the_attribution_of_an_import_is_said(make, export):
    consultation = await make.consultation(attribution="Daten: Polis-Export, CC BY 4.0")

    assert (await export(consultation)).texts["README.md"].endswith("\nDaten: Polis-Export, CC BY 4.0\n")


async def test_tallies_and_votes_fit_together_although_people_go_on_voting(make, database, tmp_path):
    point = await make.point()
    comment = await make.comment(point.thread)
    voters = [await make.citizen() for _ in range(4)]
    await make.vote(comment, voters[0])

    async def meanwhile(percent, message):
        async with database.writing() as db:
            if voters:
                row = {"comment_id": comment.id, "person_id": voters.pop().id, "value": 1}
                await db.execute(insert(Vote), row)

    async with database.reading() as db:
        db = await db.execution_options(isolation_level="REPEATABLE READ")
        await exports.write(db, point.consultation.id, "panelist", tmp_path / "out.zip", meanwhile)

    opened = Opened(tmp_path / "out.zip")
    assert [row["zustimmung"] for row in opened.rows("beitraege.csv")] == ["1"]
    assert len(opened.rows("stimmen.csv")) == 1


@pytest.mark.parametrize(("people", "comments", "votes"), [(20, 1101, 2300), (5100, 2, 10_150)])
async def test_many_comments_and_votes_come_in_parts_and_complete(
    database, tmp_path, people, comments, votes
):
    async with database.writing() as db:
        slug = await synth.load(db, people=people, comments=comments, votes=votes, say=lambda line: None)

    made = await exports.to_file(database, slug, "panelist", tmp_path / "out.zip", lambda line: None)

    opened = Opened(tmp_path / "out.zip")
    said, cast = opened.rows("beitraege.csv"), opened.rows("stimmen.csv")
    assert made["rows"] == {"beitraege.csv": comments, "punkte.csv": 1, "stimmen.csv": votes}
    assert (len(said), len({row["nummer"] for row in said})) == (comments, comments)
    assert len({(row["beitrag"], row["schluessel"]) for row in cast}) == votes
    counted = Counter((row["beitrag"], row["stimme"]) for row in cast)
    for row in said:
        tally = [counted[row["nummer"], word] for word in ("agree", "pass", "disagree")]
        assert [int(row[name]) for name in ("zustimmung", "neutral", "ablehnung")] == tally
    assert opened.rows("punkte.csv")[0]["stimmen"] == str(votes)


# --- on the command line ----------------------------------------------------------------------------


async def test_the_command_line_refuses_unknown_roles_and_addresses(make, database, tmp_path):
    hidden = await make.consultation(published_at=None)
    for slug, role, refusal in (
        ("gibt-es-nicht", "panelist", NotFound),
        (hidden.slug, "panelist", NotFound),
        (hidden.slug, "citizen", Invalid),
    ):
        with pytest.raises(refusal):
            await exports.to_file(database, slug, role, tmp_path / "out.zip", lambda line: None)

    assert list(tmp_path.iterdir()) == []


async def test_a_place_that_cannot_be_written_is_one_sentence(make, database, tmp_path):
    consultation = await make.consultation()

    with pytest.raises(Invalid, match=r"fehlt/out\.zip lässt sich nicht schreiben: No such file"):
        await exports.to_file(
            database, consultation.slug, "admin", tmp_path / "fehlt" / "out.zip", lambda line: None
        )

    assert await entries(database) == []


async def test_a_second_export_replaces_the_first_whole(make, database, tmp_path):
    consultation, out, said = await make.consultation(), tmp_path / "out.zip", []
    out.write_text("alt")

    await exports.to_file(database, consultation.slug, "panelist", out, said.append)

    assert sorted(Opened(out).texts) == ["README.md", "beitraege.csv", "punkte.csv", "stimmen.csv"]
    assert [path.name for path in tmp_path.iterdir()] == ["out.zip"]
    assert said == ["Beiträge … 5 %"]


# --- as a job ---------------------------------------------------------------------------------------


@pytest.fixture
def order(make, database):
    async def ordered(role="panelist", consultation=None):
        person = await make.person(role)
        consultation = consultation or (await everything_there_is(make))[0].consultation
        async with database.writing() as db:
            job_id = await exports.start(
                db, consultation.id, consultation.title, role=role, person_id=person.id
            )
        return person, consultation, job_id

    return ordered


async def job_and_export(database, job_id):
    async with database.reading() as db:
        job = (await db.execute(select(Job.__table__).where(Job.id == job_id))).one()
        return job, (await db.execute(select(Export.__table__).where(Export.job_id == job_id))).one()


@pytest.mark.parametrize(
    ("role", "mark"),
    [("panelist", ""), ("committee", ""), ("editor", ""), ("moderator", "-nicht-oeffentlich")],
)
async def test_a_job_writes_the_file_and_says_what_it_is(order, work, database, settings, role, mark):
    person, consultation, job_id = await order(role)

    await work()

    job, made = await job_and_export(database, job_id)
    path = settings.data / "exports" / f"{job_id}-{consultation.slug}-{role}{mark}.zip"
    opened = Opened(path)
    rows = {name: len(opened.rows(name)) for name in readme.COLUMNS}
    assert (job.status, job.progress, job.title) == ("done", 100, "Daten zu „Leitlinien für KI“")
    assert job.result == {"bytes": path.stat().st_size, "rows": rows, "sha256": made.sha256}
    assert (made.file, made.size, made.rows) == (path.name, path.stat().st_size, rows)
    assert made.sha256 == sha256(path.read_bytes()).hexdigest()
    assert path.stat().st_mode & 0o077 == 0
    found = await entries(database)
    assert [each["subject"] for each in found] == ([f"export:{job_id}"] if mark else [])
    async with database.reading() as db:
        assert (await exports.of_person(db, person.id))[0]._asdict() == {
            "job_id": job_id,
            "title": "Daten zu „Leitlinien für KI“",
            "consultation": "Leitlinien für KI",
            "role": role,
            "format": "csv",
            "status": "done",
            "progress": 100,
            "message": "",
            "size": made.size,
            "rows": rows,
            "created_at": job.created_at,
            "withdrawn": False,
        }


async def test_a_finished_job_run_again_changes_nothing(order, database, settings):
    _, _, job_id = await order("moderator")
    await exports.run(database, settings, job_id)
    before = await job_and_export(database, job_id)

    await exports.run(database, settings, job_id)

    assert await job_and_export(database, job_id) == before
    assert len(await entries(database)) == 1


async def test_a_job_stopped_at_any_moment_leaves_no_half_file_and_can_be_run_again(
    order, database, settings
):
    _, consultation, job_id = await order("moderator")
    folder = settings.data / "exports"
    name = f"{job_id}-{consultation.slug}-moderator-nicht-oeffentlich.zip"
    folder.mkdir(exist_ok=True)
    (folder / f".{job_id}-0000.part").write_text("von einem Lauf, der mit kill -9 endete")

    stopped = 0
    for milliseconds in range(20):
        running = asyncio.create_task(exports.run(database, settings, job_id))
        await asyncio.sleep(milliseconds / 500)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        stopped += running.cancelled()
        job, made = await job_and_export(database, job_id)
        assert sorted(folder.glob(f".{job_id}-*")) in ([], [folder / f".{job_id}-0000.part"])
        if job.status == "done":
            assert made.sha256 == sha256((folder / name).read_bytes()).hexdigest()
        else:
            assert made.file == ""
    assert stopped > 2
    await exports.run(database, settings, job_id)

    job, made = await job_and_export(database, job_id)
    assert (job.status, made.file) == ("done", name)
    assert made.sha256 == sha256((folder / name).read_bytes()).hexdigest()
    assert list(folder.glob(f".{job_id}-*")) == []
    assert len(await entries(database)) == 1


async def test_two_runs_at_once_leave_one_result(order, database, settings):
    _, _, job_id = await order("moderator")

    await asyncio.gather(*(exports.run(database, settings, job_id) for _ in range(2)), return_exceptions=True)

    job, made = await job_and_export(database, job_id)
    assert job.status == "done"
    assert made.sha256 == sha256((settings.data / "exports" / made.file).read_bytes()).hexdigest()
    assert len(await entries(database)) == 1


async def test_a_failure_is_one_german_sentence_and_no_file(order, database, settings):
    _, _, job_id = await order("editor")
    async with database.writing() as db:
        await db.execute(update(Consultation).values(published_at=None))

    await exports.run(database, settings, job_id)

    job, made = await job_and_export(database, job_id)
    assert (job.status, job.message) == (
        "failed",
        "Diese Beteiligung gibt es nicht, oder sie ist noch nicht veröffentlicht.",
    )
    assert made.file == ""
    assert [
        *(settings.data / "exports").glob(f".{job_id}-*"),
        *(settings.data / "exports").glob(f"{job_id}-*"),
    ] == []


async def test_a_disk_that_says_no_is_told_and_tried_again(order, database, settings, tmp_path):
    _, _, job_id = await order("editor")
    (tmp_path / "exports").write_text("hier sollte ein Ordner sein")
    elsewhere = settings.model_copy(update={"data": tmp_path})

    with pytest.raises(OSError, match="File exists"):
        await exports.run(database, elsewhere, job_id)
    job, _ = await job_and_export(database, job_id)
    assert (job.status, job.message) == ("failed", "Die Datei ließ sich nicht schreiben.")
    await exports.run(database, settings, job_id)

    job, _ = await job_and_export(database, job_id)
    assert job.status == "done"


async def test_an_export_for_a_role_of_the_command_line_cannot_be_ordered(make, database):
    consultation, person = await make.consultation(), await make.person("admin")

    async with database.writing() as db:
        for role in ("admin", "citizen", ""):
            with pytest.raises(Invalid):
                await exports.start(db, consultation.id, "Titel", role=role, person_id=person.id)


# --- downloads --------------------------------------------------------------------------------------


def holder(person, *roles):
    held = frozenset((role, None) for role in roles)
    return Current(person.id, person.pseudonym, person.email, "account", held, 0, clock.now())


async def refused(database, job_id, person, *roles):
    async with database.reading() as db:
        with pytest.raises(NotFound):
            await exports.downloadable(db, job_id, holder(person, *roles))
    return True


async def test_only_who_ordered_it_and_still_holds_the_role_may_download(order, make, database, settings):
    person, _, job_id = await order("panelist")
    assert await refused(database, job_id, person, "panelist"), "not finished yet"
    await exports.run(database, settings, job_id)

    async with database.reading() as db:
        found = await exports.downloadable(db, job_id, holder(person, "panelist", "editor"))

    assert (found.job_id, found.role) == (job_id, "panelist")
    assert found.file.endswith("-panelist.zip")
    assert await refused(database, job_id, await make.person("panelist"), "panelist")
    assert await refused(database, job_id, person)
    assert await refused(database, job_id, person, "moderator", "committee", "admin")
    assert await refused(database, job_id + 1, person, "panelist")


async def test_a_withdrawn_export_cannot_be_downloaded(order, database, settings):
    person, _, job_id = await order("panelist")
    await exports.run(database, settings, job_id)
    async with database.writing() as db:
        await db.execute(update(Export).values(withdrawn_at=clock.now()))

    assert await refused(database, job_id, person, "panelist")


@pytest.mark.parametrize(
    ("role", "moves", "there"),
    [
        ("panelist", ["hidden"], False),
        ("committee", ["withdrawn"], False),
        ("editor", ["hidden", "published"], True),
        ("moderator", ["hidden"], True),
    ],
)
async def test_a_public_file_is_there_as_long_as_all_in_it_is_public(
    order, make, database, settings, role, moves, there
):
    point, _ = await everything_there_is(make)
    comment = await make.comment(point.thread)
    person, _, job_id = await order(role, point.consultation)
    await exports.run(database, settings, job_id)
    async with database.writing() as db:
        for revision, to in enumerate(moves, start=1):
            await comments.move(db, comment.id, revision, to)

    async with database.reading() as db:
        assert (await exports.of_person(db, person.id))[0].withdrawn is not there
        with nullcontext() if there else pytest.raises(Gone):
            await exports.downloadable(db, job_id, holder(person, role))


@pytest.mark.parametrize("role", ["panelist", "moderator"])
@pytest.mark.parametrize("status", ["published", "pending"])
async def test_no_file_keeps_what_its_author_has_erased(order, make, database, settings, role, status):
    point, _ = await everything_there_is(make)
    comment = await make.comment(point.thread, status=status)
    person, _, job_id = await order(role, point.consultation)
    await exports.run(database, settings, job_id)
    async with database.writing() as db:
        await erasure.erase(db, await comments.by_number(db, comment.number, comments.Viewer(moderates=True)))

    held = role == "moderator" or status == "published"
    async with database.reading() as db:
        assert (await exports.of_person(db, person.id))[0].withdrawn is held


async def test_a_file_made_after_the_hiding_can_be_downloaded(order, make, database, owner, settings):
    point, _ = await everything_there_is(make)
    comment = await make.comment(point.thread)
    async with database.writing() as db:
        await comments.move(db, comment.id, 1, "hidden")
    await owner.execute("UPDATE comments SET unpublished_at = unpublished_at - interval '15 seconds'")
    person, _, job_id = await order("panelist", point.consultation)
    await exports.run(database, settings, job_id)

    async with database.reading() as db:
        assert (await exports.downloadable(db, job_id, holder(person, "panelist"))).job_id == job_id


async def test_a_hiding_that_the_export_could_not_see_yet_counts_as_later(order, make, database, settings):
    point, _ = await everything_there_is(make)
    comment = await make.comment(point.thread, text="Gerade ausgeblendet")
    async with database.writing() as db:
        await comments.move(db, comment.id, 1, "hidden")
        person, _, job_id = await order("panelist", point.consultation)
        await exports.run(database, settings, job_id)

    _, made = await job_and_export(database, job_id)
    assert "Gerade ausgeblendet" in Opened(settings.data / "exports" / made.file).whole
    async with database.reading() as db:
        with pytest.raises(Gone):
            await exports.downloadable(db, job_id, holder(person, "panelist"))


# --- twice and long ago -----------------------------------------------------------------------------


async def jobs_in(database):
    async with database.reading() as db:
        return list(await db.scalars(select(Job.id).order_by(Job.id)))


async def test_equal_orders_at_once_are_one_job(make, database, browser, new_browser):
    consultation, person = await make.consultation(), await make.person("panelist")
    visitors = [new_browser() for _ in range(6)]
    for visitor in visitors:
        await visitor.sign_in(person)

    address = f"/beteiligung/{consultation.slug}/export"
    seen = await asyncio.gather(*(visitor.post(address, role="panelist") for visitor in visitors))

    (job_id,) = await jobs_in(database)
    assert {page.path for page in seen} == {f"/auftraege/{job_id}"}


async def test_another_role_consultation_or_person_is_another_job_and_so_is_a_finished_one(
    make, database, settings, owner
):
    one, other = await make.consultation(), await make.consultation()
    first, second = await make.person("panelist", "editor"), await make.person("panelist")

    async def ordered(consultation, role, person):
        async with database.writing() as db:
            return await exports.start(db, consultation.id, "Titel", role=role, person_id=person.id)

    made = [
        await ordered(one, "panelist", first),
        await ordered(one, "editor", first),
        await ordered(other, "panelist", first),
        await ordered(one, "panelist", second),
    ]
    await exports.run(database, settings, made[0])
    made.append(await ordered(one, "panelist", first))
    await owner.execute("UPDATE jobs SET created_at = now() - interval '1 hour' WHERE id = $1", made[1])
    made.append(await ordered(one, "editor", first))

    assert await jobs_in(database) == made


@pytest.fixture
async def old_and_new(order, make, database, settings, owner):
    """Two finished exports, one of them made 31 days ago, and what interrupted ones left behind."""
    made = [await order("panelist", await make.consultation()) for _ in range(2)]
    for _, _, job_id in made:
        await exports.run(database, settings, job_id)
    folder = settings.data / "exports"
    files = [next(folder.glob(f"{job_id}-*")) for _, _, job_id in made]
    files += [folder / f".{job_id}-0000.part" for _, _, job_id in made]
    for place, file in enumerate(files):
        file.touch()
        if place % 2 == 0:
            os.utime(file, (time.time() - 31 * 86_400,) * 2)
    await owner.execute("UPDATE jobs SET finished_at = now() - interval '31 days' WHERE id = $1", made[0][2])
    yield made, files
    for file in files:
        file.unlink(missing_ok=True)


async def test_files_and_jobs_are_kept_for_thirty_days(old_and_new, work, database):
    (old, new), files = old_and_new
    async with database.writing() as db:
        await jobs.enqueue(db, "sweep")

    await work()

    assert await jobs_in(database) == [new[2]]
    assert [file.exists() for file in files] == [False, True, False, True]
    person, _, job_id = old
    async with database.reading() as db:
        with pytest.raises(NotFound, match="Datenpakete werden nach 30 Tagen gelöscht"):
            await exports.downloadable(db, job_id, holder(person, "panelist"))


async def test_between_file_and_row_a_download_says_that_it_is_gone(browser, old_and_new, settings):
    (person, _, job_id), _ = old_and_new[0]
    exports.sweep_files(settings)
    await browser.sign_in(person)

    page = await browser.post(f"/auftraege/{job_id}/datei")

    assert (page.status, "Diese Datei gibt es nicht mehr." in page.text) == (404, True)


async def test_a_panelist_orders_waits_downloads_and_loses_the_right_with_the_role(
    browser, make, work, database, settings
):
    point, _ = await everything_there_is(make)
    person = await make.person("panelist")
    await browser.sign_in(person)

    seen = await browser.post(f"/beteiligung/{point.consultation.slug}/export", role="panelist")
    job_id = int(seen.path.rpartition("/")[2])
    await work()
    file = await browser.post(f"/auftraege/{job_id}/datei")
    async with database.writing() as db:
        await db.execute(delete(Grant).where(Grant.person_id == person.id))
    afterwards = await browser.post(f"/auftraege/{job_id}/datei")

    name = f"{point.consultation.slug}-panelist.zip"
    assert file.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert file.response.content == (settings.data / "exports" / f"{job_id}-{name}").read_bytes()
    assert afterwards.status == 403
    assert [(each["action"], each["subject"]) for each in await entries(database)] == [
        ("export.downloaded", f"export:{job_id}")
    ]
