"""The same rows in every format: compared cell by cell, and nothing in them is ever calculated."""

import csv
import io
import json
import re
from datetime import timedelta
from zipfile import ZipFile

import openpyxl
import pytest
from openpyxl.utils.escape import unescape

from consultations.outcome import exports, formats, readme
from consultations.outcome.csvfile import unguard
from consultations.outcome.formats import FORMATS
from dialogue.kit import clock
from dialogue.kit.errors import Gone, Invalid
from tests.consultations.outcome.test_csvfile import FORMULAS
from tests.consultations.outcome.test_exports import everything_there_is, holder

ODD = [
    "👩‍👩‍👧 ﷽ עברית \u202eأهلا\u202c e\u0301 \U0001f3f4\U000e0067\U000e007f",
    "Zeile\n\nzweite\tTabulator",
    "_x0041_ und _x000D_ und &amp; <b>&</b>",
    "https://halle.example/?a=1&b=2",
    "mailto:a@b.example",
    "internal:Beiträge!A1",
    "'mit Apostroph",
    '"in Anführungszeichen"',
    "007",
    "1e5",
    "12.05.2026",
    "TRUE",
    "#NAME?",
    "{=1+1}",
    "\u2028 und \u00a0 und \ufeff innen",
    "Ä" * 5_000,
    "👩‍👩‍👧" * 1_500,
]
TABLES = {
    f"{stem}.csv": (sheet, f"{stem}.jsonl")
    for stem, sheet in (("beitraege", "Beiträge"), ("stimmen", "Stimmen"), ("punkte", "Punkte"))
}


@pytest.fixture
def made(database, tmp_path):
    async def export(consultation, format, role="panelist"):
        out = tmp_path / f"{role}.{format}"
        told = await exports.to_file(database, consultation.slug, role, out, lambda line: None, format)
        return out, told["rows"]

    return export


def of_csv(path):
    """Table → header and rows, all as text, the guard undone."""
    found = {}
    with ZipFile(path) as archive:
        for name in TABLES:
            if name in archive.namelist():
                text = io.StringIO(archive.read(name).decode("utf-8-sig"), newline="")
                rows = [
                    [unguard(cell) for cell in row] for row in csv.reader(text, delimiter=";", strict=True)
                ]
                found[name] = rows
    return found


def of_xlsx(path):
    """As a spreadsheet reads it: openpyxl leaves _x005F_, the sign for an underscore, as it is."""
    book = openpyxl.load_workbook(path)
    return {
        name: [
            ["" if cell.value is None else unescape(str(cell.value)) for cell in row]
            for row in book[sheet].iter_rows()
        ]
        for name, (sheet, _) in TABLES.items()
        if sheet in book.sheetnames
    }


def of_json(path):
    found = {}
    with ZipFile(path) as archive:
        for name, (_, lines) in TABLES.items():
            if lines in archive.namelist():
                rows = [json.loads(line) for line in archive.read(lines).decode().split("\n")[:-1]]
                assert all(list(row) == list(readme.COLUMNS[name]) for row in rows)
                cells = [["" if cell is None else str(cell) for cell in row.values()] for row in rows]
                found[name] = [list(readme.COLUMNS[name]), *cells]
    return found


READ = {"csv": of_csv, "xlsx": of_xlsx, "json": of_json}


def without_keys(tables):
    """The keys of people are drawn anew for each export; the order of a comment's votes goes with them."""
    return tables | {"stimmen.csv": sorted([row[0], *row[2:]] for row in tables["stimmen.csv"])}


@pytest.mark.parametrize("role", ["panelist", "moderator"])
async def test_all_formats_hold_the_same_rows_cell_by_cell(make, made, role):
    point, _ = await everything_there_is(make)
    for text in [*ODD, *FORMULAS]:
        await make.comment(
            point.thread, text=text, author=await make.citizen(pseudonym=f"={len(text)} {text[:9]}")
        )
    files = {format: await made(point.consultation, format, role) for format in FORMATS}

    tables = {format: without_keys(READ[format](path)) for format, (path, _) in files.items()}

    assert tables["xlsx"] == tables["csv"]
    assert tables["json"] == tables["csv"]
    texts = [row[3] for row in tables["csv"]["beitraege.csv"]]
    assert [text for text in [*ODD, *FORMULAS] if text not in texts] == []
    assert [list(rows.values()) for _, rows in files.values()] == [list(files["csv"][1].values())] * 3


async def test_the_keys_of_a_workbook_belong_together(make, made):
    point = await make.point()
    person = await make.citizen()
    for _ in range(3):
        await make.vote(await make.comment(point.thread), person)

    path, _ = await made(point.consultation, "xlsx")

    keys = {row[1] for row in of_xlsx(path)["stimmen.csv"][1:]}
    assert len(keys) == 1
    assert re.fullmatch(r"p[0-9a-f]{20}", keys.pop())


async def test_a_workbook_calculates_nothing_and_leads_nowhere(make, made):
    point, _ = await everything_there_is(make)
    for text in [*ODD, *FORMULAS]:
        await make.comment(point.thread, text=text)

    path, _ = await made(point.consultation, "xlsx")

    with ZipFile(path) as archive:
        names = archive.namelist()
        sheets = {name: archive.read(name).decode() for name in names if name.startswith("xl/worksheets/")}
        styles = archive.read("xl/styles.xml").decode()
    assert [
        name for name in names if re.search("external|media|vba|comments|hyperlink|drawing|calcChain", name)
    ] == []
    assert [name for name in names if "worksheets/_rels" in name] == []
    assert [name for name, sheet in sheets.items() if re.search("<f[ >]|<hyperlink", sheet)] == []
    book = openpyxl.load_workbook(path)
    for name, (sheet, _) in TABLES.items():
        for row in book[sheet].iter_rows():
            for cell in row:
                assert cell.data_type in {"inlineStr", "s", "n"}, (name, cell.coordinate)
                assert cell.hyperlink is None
                assert cell.quotePrefix == isinstance(cell.value, str)
    assert 'quotePrefix="1"' in styles


async def test_a_workbook_is_easy_to_use(make, made):
    point, _ = await everything_there_is(make)

    path, rows = await made(point.consultation, "xlsx")

    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Lies mich", "Beiträge", "Punkte", "Stimmen"]
    assert list(rows) == ["Beiträge", "Punkte", "Stimmen"]
    sheet = book["Beiträge"]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", f"A1:M{rows['Beiträge'] + 1}")
    assert sheet.column_dimensions["D"].width > 60
    said = [[cell.value for cell in row if cell.value is not None] for row in book["Lies mich"].iter_rows()]
    assert ["Schema: ki-dialog-xlsx/1"] in said
    meanings = {tuple(row[:2]) for row in said if len(row) == 3}
    wanted = {(TABLES[name][0], column) for name, columns in readme.COLUMNS.items() for column in columns}
    assert wanted - meanings == set()
    whole = " ".join(cell for row in said for cell in row)
    assert "kein repräsentatives Bild" in whole
    assert "Schutz vor Formeln" not in whole
    assert ".csv" not in whole


async def test_json_says_what_its_fields_mean(make, made):
    point, _ = await everything_there_is(make)

    path, rows = await made(point.consultation, "json")

    with ZipFile(path) as archive:
        schema, page = json.loads(archive.read("schema.json")), archive.read("README.md").decode()
    assert schema["schema"] == "ki-dialog-json/1"
    assert (schema["beteiligung"], schema["rolle"], schema["verdeckt_bis"]) == (
        point.consultation.slug,
        "panelist",
        None,
    )
    assert {name: table["zeilen"] for name, table in schema["tabellen"].items()} == rows
    assert list(schema["tabellen"]["beitraege.jsonl"]["felder"]) == list(readme.COLUMNS["beitraege.csv"])
    assert ".csv" not in page
    assert "Schutz vor Formeln" not in page


@pytest.mark.parametrize("format", FORMATS)
async def test_sealed_votes_are_in_no_format(make, made, format):
    consultation = await make.consultation(sealed_until=clock.now() + timedelta(days=3))
    point = await make.point(consultation)
    await make.vote(await make.comment(point.thread))
    await make.stance(point.thread)

    path, rows = await made(consultation, format, "admin")
    tables = READ[format](path)

    assert "stimmen.csv" not in tables
    assert len(rows) == 2
    assert tables["beitraege.csv"][1][8:11] == ["", "", ""]
    assert tables["punkte.csv"][1][6:] == [""] * 4


@pytest.mark.parametrize("format", FORMATS)
async def test_an_empty_consultation_gives_headers_only(make, made, format):
    path, rows = await made(await make.consultation(), format)

    assert list(rows.values()) == [0, 0, 0]
    if format != "json":
        tables = READ[format](path)
        assert {name: rows for name, rows in tables.items() if len(rows) != 1} == {}


async def test_what_no_cell_can_hold_is_shortened_and_said(make, made):
    point = await make.point()
    long = ("a" + "\u0301" * 20) * 5_000
    await make.comment(point.thread, text=long)

    cell = of_xlsx((await made(point.consultation, "xlsx"))[0])["beitraege.csv"][1][3]

    assert len(cell.encode("utf-16-le")) // 2 <= formats.SIGNS
    assert cell.endswith(formats.SHORTENED)
    assert of_json((await made(point.consultation, "json"))[0])["beitraege.csv"][1][3] == long


async def test_more_rows_than_a_sheet_has_go_on_on_the_next(make, made, monkeypatch):
    monkeypatch.setattr(formats, "ROWS", 3)
    point = await make.point()
    for n in range(5):
        await make.comment(point.thread, text=f"Text {n}")

    book = openpyxl.load_workbook((await made(point.consultation, "xlsx"))[0])

    sheets = [book[name] for name in book.sheetnames if name.startswith("Beiträge")]
    assert [sheet.title for sheet in sheets] == ["Beiträge", "Beiträge 2", "Beiträge 3"]
    assert [row[3].value for sheet in sheets for row in list(sheet.iter_rows())[1:]] == [
        f"Text {n}" for n in range(5)
    ]


@pytest.mark.parametrize("format", FORMATS)
async def test_each_format_is_ordered_downloaded_and_withdrawn_alike(
    make, browser, work, database, owner, settings, format
):
    point, person = await make.point(), await make.person("panelist")
    await make.comment(point.thread, text="Zwiebelkuchen")
    await browser.sign_in(person)

    page = await browser.post(
        f"/beteiligung/{point.consultation.slug}/export", role="panelist", format=format
    )
    await work()
    file = await browser.post(f"{page.path}/datei")
    kind = file.headers["content-type"]
    name = re.search(r'filename="(.+)"', file.headers["content-disposition"]).group(1)

    assert (file.status, kind, file.headers["x-content-type-options"]) == (
        200,
        formats.MEDIA[format],
        "nosniff",
    )
    assert name == f"{point.consultation.slug}-panelist{formats.SUFFIXES[format]}"
    assert file.response.content[:2] == b"PK"
    assert list((settings.data / "exports").glob(".*")) == []
    await owner.execute("UPDATE comments SET status = 'hidden', unpublished_at = now()")
    async with database.reading() as db:
        job_id = int(page.path.rsplit("/", 1)[1])
        with pytest.raises(Gone):
            await exports.downloadable(db, job_id, holder(person, "panelist"))


async def test_unknown_formats_are_refused(make, browser, database, tmp_path):
    point = await make.point()
    await browser.sign_in(await make.person("panelist"))

    page = await browser.post(f"/beteiligung/{point.consultation.slug}/export", role="panelist", format="pdf")

    assert page.status == 422
    with pytest.raises(Invalid, match="Möglich sind: csv, xlsx, json"):
        await exports.to_file(database, point.consultation.slug, "panelist", tmp_path / "x", print, "pdf")
