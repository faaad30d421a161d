"""The house rules that a machine can keep."""

import ast
import re
from pathlib import Path

import pytest
from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import JSONB

from consultations import accent, app, checks, schema, town
from dialogue import notices
from dialogue.kit.database import Base
from dialogue.kit.settings import Settings
from dialogue.web import path
from moderation import decisions

ROOT = Path(__file__).parent.parent.parent
FLOORS = ("dialogue", "moderation", "consultations")
CODE = sorted(file for floor in FLOORS for file in (ROOT / floor).rglob("*.py"))
TEMPLATES = sorted(file for file in (ROOT / "templates").rglob("*") if file.is_file())


def test_nobody_commits_below_the_edge():
    found = [
        str(file.relative_to(ROOT)) for file in CODE if re.search(r"\.(commit|rollback)\(", file.read_text())
    ]

    assert found == []


def test_time_comes_from_the_clock_alone():
    wanted = re.compile(r"datetime\.now\(|datetime\.utcnow\(|date\.today\(")
    found = [str(file.relative_to(ROOT)) for file in CODE if wanted.search(file.read_text())]

    assert found == ["dialogue/kit/clock.py"]


def test_markup_is_made_of_data_in_two_places_only():
    found = [str(file.relative_to(ROOT)) for file in CODE if "Markup(" in file.read_text()]

    assert found == ["dialogue/kit/rendering.py", "dialogue/kit/text.py"]


async def test_models_equal_migrations(owner_url):
    assert await schema.differences(owner_url) == []


async def test_a_second_migration_changes_nothing(owner_url):
    await schema.migrate(owner_url)

    assert await schema.is_current(owner_url)


def test_every_column_of_text_says_what_it_holds_about_people():
    unsaid = [
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Text | JSONB) and "personal" not in column.info
    ]

    assert unsaid == []


def test_everything_stored_beside_a_person_says_why_and_how_long():
    people = Base.metadata.tables["people"]
    beside = {
        key.parent.table
        for table in Base.metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table is people
    }
    unsaid = [
        f"{table.name}.{column.name}"
        for table in {people, *beside, Base.metadata.tables["attempts"]}
        for column in table.columns
        if not (column.primary_key or column.foreign_keys) and "personal" not in column.info
    ]

    assert unsaid == []


@pytest.mark.parametrize("table", schema.INSERT_ONLY)
async def test_the_applications_role_may_only_insert(database, owner, table):
    rights = await owner.fetch(
        "SELECT privilege_type FROM information_schema.table_privileges WHERE grantee = $1 AND table_name = $2",
        schema.APPLICATION,
        table,
    )

    assert sorted(row[0] for row in rights) == ["INSERT", "SELECT"]


async def test_a_database_that_would_lose_votes_is_named(database):
    async with database.reading() as db:
        problems = await checks.database(db)

    assert [problem.split()[1] for problem in problems] == ["fsync", "full_page_writes"]


def test_every_setting_and_command_is_documented():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    settings = [f"DIALOG_{name.upper()}" for name in Settings.model_fields]
    commands = [
        "serve",
        "worker",
        "migrate",
        "person create",
        "import polis",
        "analyse",
        "triage train",
        "triage status",
        "index",
        "export",
        "load synth",
    ]
    commands += ["check", "demo", "journal verify"]

    missing = [name for name in settings if f"`{name}`" not in readme]
    missing += [name for name in commands if f"ki-dialog {name}" not in readme]

    assert missing == []


def test_every_template_is_used():
    sources = "\n".join(file.read_text() for file in [*CODE, *TEMPLATES])
    mails = {f"decision_{kind}" for kind in decisions.KINDS} | {*notices.LINKS, *notices.PLAIN}
    unused = [
        name
        for file in TEMPLATES
        if f'"{(name := str(file.relative_to(ROOT / "templates")))}"' not in sources
        and f"'{name}'" not in sources
        and not (file.parent.name == "mail" and file.stem in mails)
    ]

    assert unused == []


def test_templates_import_nothing_they_do_not_use():
    unused = []
    for file in TEMPLATES:
        text = file.read_text()
        for names in re.findall(r"{%-? from '[^']+' import ([^%]+) %}", text.replace('"', "'")):
            for name in (part.split(" as ")[-1].strip() for part in names.split(",")):
                if len(re.findall(rf"\b{name}\b", text)) < 2:
                    unused.append(f"{file.name}: {name}")

    assert unused == []


def test_templates_carry_no_inline_code_and_no_unescaped_data():
    forbidden = re.compile(
        r"\|\s*safe|Markup|style=|<script(?![^>]*src)|\son[a-z]+=|hx-on|js:|autoescape", re.IGNORECASE
    )
    found = [
        f"{file.name}: {hit.group()}"
        for file in TEMPLATES
        if file.suffix == ".html"
        for hit in forbidden.finditer(re.sub(r"{#.*?#}", "", file.read_text(), flags=re.DOTALL))
    ]

    assert found == []


def test_the_short_addresses_in_the_hot_templates_are_those_of_the_routes():
    assert path("comment", number="X") == "/beitraege/X"
    assert path("vote", number="X") == "/beitraege/X/stimme"
    assert path("unvote", number="X") == "/beitraege/X/stimme/zuruecknehmen"
    assert path("write_reply", number="X") == "/beitraege/X/antworten"
    assert path("report", number="X") == "/melden/X"
    assert path("accent", accent="005465") == accent.address("#005465").partition("?")[0]
    assert path("logo", digest="X", ending="svg") == town.Logo("X", "svg", 1, 1).address


def test_what_is_rendered_once_does_not_name_the_city():
    """Macros and their templates' top level are rendered at import: the city may change after that."""
    sources = "\n".join(file.read_text() for file in TEMPLATES)
    imported = {Path(name).name for name in re.findall(r"{%-? from [\"']([^\"']+)[\"'] import", sources)}
    top_level = re.compile(r"{%-? set [^%]*\bcity\b|remembered")
    found = [
        file.name
        for file in TEMPLATES
        if file.name in imported and "city." in file.read_text() and top_level.search(file.read_text())
    ]

    assert found == []


def test_the_public_addresses_are_stable():
    addresses = {route.path for route in app.ROUTES}

    promised = {
        "/",
        "/beteiligung/{slug}",
        "/beteiligung/{slug}/karten",
        "/punkte/{code}",
        "/punkte/{code}/ergebnis",
        "/beitraege/{number}",
        "/beitraege/{number}/stimme",
        "/beitrag",
        "/melden/{number}",
        "/meldung",
        "/suche",
        "/moderation",
        "/redaktion",
        "/gremium",
        "/ausschuss",
        "/konto",
        "/netiquette",
        "/transparenz",
        "/impressum",
        "/datenschutz",
        "/barrierefreiheit",
        "/healthz",
        "/readyz",
    }
    assert promised - addresses == set()


def test_public_functions_of_the_nouns_say_what_they_are_for():
    silent = []
    for file in CODE:
        tree = ast.parse(file.read_text())
        if ast.get_docstring(tree) is None and file.read_text().strip():
            silent.append(str(file.relative_to(ROOT)))
    assert silent == []


def test_the_project_names_no_registry_and_no_machine():
    kinds = {".py", ".md", ".toml", ".txt", ".html", ".css", ".js", ".json", ".sql", ""}
    skipped = {
        ".git",
        ".venv",
        "var",
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
        "__pycache__",
        ".hypothesis",
    }
    forbidden = re.compile(
        "pypi" + r"\.org|files\.python" + r"hosted|registry\.npm" + "js|/wor" + "k/main|/ro" + "ot/"
    )
    found = [
        str(file.relative_to(ROOT))
        for file in ROOT.rglob("*")
        if file.is_file() and file.suffix in kinds and not skipped & set(file.parts)
        if forbidden.search(file.read_text(encoding="utf-8", errors="ignore"))
    ]

    assert found == []
