"""A city's own content: read strictly, stored whole or not at all, and a second time nothing changes."""

import json
import shutil
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from consultations.content import reading, storing
from consultations.demo.load import FOLDER
from consultations.tables import Area, Consultation, Example, Measure, Phase, Point
from dialogue import accounts
from dialogue.kit import clock
from dialogue.kit.database import Base
from dialogue.tables import Comment, JournalEntry, Person, Terms, Thread
from moderation import rules
from moderation.tables import Rule, Rulebook

FILES = {
    "terms": """
version = "1.0"
title = "Teilnahmebedingungen"
[[section]]
heading = "Wer mitmachen darf"
text = "Alle."
""",
    "netiquette": """
version = "1.0"
title = "Netiquette"
intro = "So gehen wir miteinander um."
[[rule]]
number = "1"
title = "Freundlich bleiben"
text = "Bleiben Sie freundlich."
easy = "Seien Sie nett."
reason = "Ihr Beitrag ist im Ton zu scharf. Bitte schreiben Sie ihn noch einmal."
""",
    "strategy": """
[[area]]
key = "E"
slug = "ethik"
title = "Ethik"
summary = "Was KI darf."
[[point]]
code = "E1"
area = "E"
consultation = "leitlinien"
title = "Ein Mensch entscheidet"
text = "KI bereitet vor."
rationale = "Härtefälle brauchen Gespür."
edition = "1.0"
documents = [{ title = "Antrag", note = "26. Februar 2025" }]
[[measure]]
code = "M1"
area = "E"
title = "Entwurf"
text = "Wird geschrieben."
state = "läuft"
""",
    "consultations": """
[[consultation]]
slug = "leitlinien"
title = "Leitlinien"
lead = "Worum es geht."
about = "Mehr dazu."
moderation = "pre"
starts_on = 2027-01-15
ends_on = 2027-03-31
[[consultation.phase]]
kind = "participation"
title = "Mitreden"
text = "Jetzt."
starts_on = 2027-01-15
ends_on = 2027-03-31
[[consultation.phase]]
kind = "result"
title = "Ergebnis"
text = "Die Stadt antwortet."
starts_on = 2027-04-01
""",
}


@pytest.fixture
def folder(tmp_path):
    """The files of a city; keywords replace words in one of them, None leaves it out."""

    def written(**changes):
        for stem, text in FILES.items():
            file = tmp_path / f"{stem}.toml"
            file.unlink(missing_ok=True)
            if stem not in changes:
                file.write_text(text)
            elif changes[stem] is not None:
                old, new = changes[stem]
                assert old in text
                file.write_text(text.replace(old, new, 1))
        return tmp_path

    return written


@pytest.fixture
def load(database):
    async def loaded(path, say=lambda line: None):
        async with database.writing() as db:
            return await storing.load(db, path, say)

    return loaded


@pytest.fixture
def rows(database):
    async def found(*columns):
        async with database.reading() as db:
            return [tuple(row) for row in await db.execute(select(*columns).order_by(columns[0]))]

    return found


async def counts(database):
    async with database.reading() as db:
        return {
            name: (await db.execute(select(func.count()).select_from(table))).scalar_one()
            for name, table in Base.metadata.tables.items()
        }


async def test_everything_a_city_needs_is_there_afterwards(folder, load, rows, database):
    assert await load(folder()) == ["leitlinien"]

    async with database.reading() as db:
        assert (await accounts.current_terms(db)).sections == [
            {"heading": "Wer mitmachen darf", "text": "Alle."}
        ]
        assert [rule.title for rule in (await rules.current(db)).rules] == ["Freundlich bleiben"]
    begin, end = datetime(2027, 1, 14, 23, tzinfo=UTC), datetime(2027, 3, 31, 22, tzinfo=UTC)
    first, last = date(2027, 1, 15), date(2027, 3, 31)
    assert await rows(Area.key, Area.slug, Area.title) == [("E", "ethik", "Ethik")]
    assert await rows(Measure.code, Measure.state, Measure.until) == [("M1", "running", "")]
    assert await rows(
        Consultation.slug, Consultation.starts_on, Consultation.ends_on, Consultation.checks_first
    ) == [("leitlinien", first, last, True)]
    assert await rows(Phase.kind, Phase.starts_on, Phase.ends_on) == [
        ("participation", first, last),
        ("result", date(2027, 4, 1), None),
    ]
    assert await rows(Point.code, Point.edition, Point.documents) == [
        ("E1", "1.0", [{"title": "Antrag", "note": "26. Februar 2025"}])
    ]
    assert await rows(
        Thread.title, Thread.address, Thread.opens_at, Thread.closes_at, Thread.checks_first
    ) == [("E1 Ein Mensch entscheidet", "/punkte/E1", begin, end, True)]
    (body,) = await rows(JournalEntry.body)
    assert json.loads(body[0])["detail"] == {
        "areas": 1,
        "consultations": 1,
        "measures": 1,
        "points": 1,
        "rulebooks": 1,
        "terms": 1,
    }


async def test_nothing_of_the_demonstration_comes_along(load, rows, tmp_path):
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)

    assert await load(tmp_path) == ["leitlinien-und-einsatz", "auftakt", "wissen-der-beschaeftigten"]

    assert [await rows(table.created_at) for table in (Person, Comment)] == [[], []]
    assert await rows(Example.consultation_id) == []
    today = clock.today()
    assert await rows(Consultation.starts_on) == [
        (today - timedelta(days=150),),
        (today - timedelta(days=16),),
        (today - timedelta(days=9),),
    ]


async def test_a_second_time_changes_nothing_and_says_so(folder, load, database):
    said = []
    await load(folder(), said.append)
    before = await counts(database)

    await load(folder(strategy=('"Ein Mensch entscheidet"', '"Anders"')), said.append)

    assert await counts(database) == before
    listed = "Teilnahmebedingungen: 1, Netiquette: 1, Handlungsfelder: 1, Maßnahmen: 1, Beteiligungen: 1, Punkte: 1"
    assert said == [f"Neu – {listed}", f"Schon da, unverändert gelassen – {listed}"]


async def test_what_was_added_to_the_files_is_added(folder, load, rows):
    await load(folder())
    path = folder(terms=('"1.0"', '"1.1"'), netiquette=('"1.0"', '"2.0"'))
    more = "\n".join(
        line.replace('"leitlinien"', '"werkzeuge"').replace("2027", "2028")
        for line in FILES["consultations"].splitlines()
    )
    (path / "consultations.toml").write_text(FILES["consultations"] + more)
    point = FILES["strategy"].partition("[[point]]")[2].partition("[[measure]]")[0]
    added = "[[point]]" + point.replace("E1", "E2").replace('"leitlinien"', '"werkzeuge"')
    (path / "strategy.toml").write_text(FILES["strategy"] + added)

    assert await load(path) == ["leitlinien", "werkzeuge"]

    assert [version for (version,) in await rows(Terms.version)] == ["1.0", "1.1"]
    assert [version for (version,) in await rows(Rulebook.version)] == ["1.0", "2.0"]
    assert len(await rows(Rule.id)) == 2
    assert await rows(Thread.title, Thread.closes_at) == [
        ("E1 Ein Mensch entscheidet", datetime(2027, 3, 31, 22, tzinfo=UTC)),
        ("E2 Ein Mensch entscheidet", datetime(2028, 3, 31, 22, tzinfo=UTC)),
    ]


async def test_the_files_say_who_takes_part_without_an_account(folder, load, rows):
    await load(
        folder(consultations=("starts_on = 2027-01-15", "guests_write = true\nstarts_on = 2027-01-15"))
    )

    assert await rows(Thread.guests_write, Thread.guests_vote) == [(True, False)]


MISTAKES = [
    ({"terms": None}, "terms.toml lässt sich nicht lesen: No such file or directory."),
    (
        {"terms": ('"1.0"', '"1.0')},
        "terms.toml lässt sich nicht lesen: Illegal character '\\n' (at line 2, column 15).",
    ),
    (
        {"terms": ("title =", "tilte =")},
        "terms.toml, „title“: Das fehlt.\nterms.toml, „tilte“: Diesen Schlüssel gibt es nicht.",
    ),
    (
        {"terms": ('"Alle."', '"  "')},
        "terms.toml, section 1 (Wer mitmachen darf), „text“: Der Text ist leer.",
    ),
    (
        {"terms": ('"Alle."', "7")},
        "terms.toml, section 1 (Wer mitmachen darf), „text“: Das muss ein Text in Anführungszeichen sein.",
    ),
    (
        {"netiquette": ('"1"', '"eins"')},
        "netiquette.toml, rule 1 (eins), „number“: Erwartet ist eine Zahl in Anführungszeichen.",
    ),
    (
        {"netiquette": ('easy = "Seien Sie nett."', "")},
        "netiquette.toml, rule 1 (1), „easy“: Das fehlt.",
    ),
    (
        {"netiquette": ("Ihr Beitrag ist im Ton zu scharf. Bitte schreiben Sie ihn noch einmal.", "Nein.")},
        "netiquette.toml, rule 1 (1), „reason“: Es müssen 20 bis 2000 Zeichen sein.",
    ),
    (
        {"strategy": ('area = "E"', 'area = "X"')},
        "strategy.toml, point (E1), „area“: Das Feld „X“ gibt es nicht.",
    ),
    (
        {"strategy": ('consultation = "leitlinien"', 'consultation = "x"')},
        "strategy.toml, point (E1), „consultation“: Die Beteiligung „x“ steht nicht in consultations.toml.",
    ),
    (
        {"strategy": ('"läuft"', '"bald"')},
        "strategy.toml, measure 1 (M1), „state“: Möglich sind: 'geplant', 'läuft' oder 'fertig'.",
    ),
    (
        {"strategy": ("[[point]]", '[[area]]\nkey = "E"\nslug = "e"\ntitle = "E"\nsummary = "E"\n[[point]]')},
        "strategy.toml, area, key: „E“ steht hier zweimal.",
    ),
    (
        {"strategy": ('documents = [{ title = "Antrag", note = "26. Februar 2025" }]', "documents = [{}]")},
        "strategy.toml, point 1 (E1), documents 1, „title“: Das fehlt.",
    ),
    (
        {"consultations": ("starts_on = 2027-01-15", "starts_on = 2027-04-15")},
        "consultations.toml, consultation 1 (leitlinien): Das Ende liegt vor dem Beginn.",
    ),
    (
        {"consultations": ("starts_on = 2027-01-15", "")},
        "consultations.toml, consultation 1 (leitlinien): Der Beginn fehlt oder steht doppelt.",
    ),
    (
        {"consultations": ("ends_on = 2027-03-31", "")},
        "consultations.toml, consultation 1 (leitlinien): Das Ende fehlt.",
    ),
    (
        {"consultations": ("2027-01-15", '"2027-01-15"')},
        "consultations.toml, consultation 1 (leitlinien), „starts_on“: Erwartet ist ein Datum: 2027-01-31.",
    ),
    (
        {
            "consultations": (
                "starts_on = 2027-01-15",
                'circle = "Rat"\nguests_vote = true\nstarts_on = 2027-01-15',
            )
        },
        "consultations.toml, consultation 1 (leitlinien): In einem Kreis macht niemand ohne Konto mit.",
    ),
    (
        {"consultations": ("starts_on = 2027-01-15", 'guests_write = "ja"\nstarts_on = 2027-01-15')},
        "consultations.toml, consultation 1 (leitlinien), „guests_write“: Das muss true oder false sein.",
    ),
    (
        {"consultations": ('kind = "result"', 'kind = "participation"')},
        "consultations.toml, leitlinien, phase, kind: „participation“ steht hier zweimal.",
    ),
    (
        {"consultations": ('slug = "leitlinien"', 'slug = "Leit Linien"')},
        "consultations.toml, consultation 1 (Leit Linien), „slug“: Möglich sind a–z, Ziffern und Bindestriche.",
    ),
]


@pytest.mark.parametrize(("changes", "sentence"), MISTAKES, ids=lambda value: None)
async def test_broken_files_are_refused_with_file_and_key_and_nothing_is_stored(
    folder, load, database, changes, sentence
):
    before = await counts(database)

    with pytest.raises(reading.Broken) as refused:
        await load(folder(**changes))

    assert str(refused.value) == sentence
    assert await counts(database) == before


async def test_all_problems_are_told_at_once(folder, load):
    with pytest.raises(reading.Broken) as refused:
        await load(folder(terms=None, netiquette=("intro", "intor"), strategy=("slug =", "key2 =")))

    assert [line.partition(":")[0] for line in str(refused.value).splitlines()] == [
        "terms.toml lässt sich nicht lesen",
        "netiquette.toml, „intro“",
        "netiquette.toml, „intor“",
        "strategy.toml, area 1 (E), „slug“",
        "strategy.toml, area 1 (E), „key2“",
    ]


async def test_a_code_that_belongs_to_another_consultation_is_refused_and_nothing_half_done(
    folder, load, database, make
):
    await make.point(code="E1")
    before = await counts(database)

    with pytest.raises(reading.Broken, match=r"point \(E1\): Dieses Kürzel gehört schon zu einer anderen"):
        await load(folder())

    assert await counts(database) == before
