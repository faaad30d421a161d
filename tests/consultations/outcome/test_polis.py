"""The import from Polis: exact, all or nothing, and friendly about damaged files."""

import asyncio
import csv
import json
from collections import Counter
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import Select, func, select

from consultations import calendar
from consultations.outcome import exports, polis
from consultations.outcome.polis_csv import Broken
from consultations.tables import Consultation, Phase, Point
from consultations.totals import Counter as Totals
from dialogue import comments, journal
from dialogue.accounts import Current
from dialogue.kit import clock
from dialogue.kit.database import Base
from dialogue.kit.errors import Conflict
from dialogue.tables import Comment, JournalEntry, Person, Thread, Vote
from moderation import decisions
from moderation.tables import Decision, Rulebook, ThreadRulebook

EXCERPT = Path(__file__).parent / "klimarat"
KLIMARAT = "austria-climate.5twd2jsnkf.2022-08-08"
START = 1_651_044_600_000  # 27 April 2022, 07:30 UTC
HEAD = "timestamp,datetime,comment-id,author-id,agrees,disagrees,moderated,comment-body\n"
VOTES = "timestamp,datetime,comment-id,voter-id,vote\n"
COMMENTS = (
    HEAD
    + f'{START},egal,0,1,1,0,1,"Weniger Verpackung, mehr Pfand."\n'
    + f"{START + 1000},egal,7,2,0,1,0,Reparieren statt wegwerfen.\n"
    + f"{START + 2000},egal,9,9,0,0,-1,Alles verbieten!\n"
)
SUMMARY = 'topic,Produktion & Köpfe\nurl,https://pol.is/unbekannt\nconversation-description,"Was meinst du?\nSag es."\n'
ONE_VOTE = f"{VOTES}{START},egal,0,1,1\n"


@pytest.fixture
def folder(tmp_path):
    """A Polis export with the files named as keywords; None leaves one out."""

    def written(name="export", **files):
        made = tmp_path / name
        made.mkdir()
        for stem, text in ({"comments": COMMENTS, "votes": ONE_VOTE, "summary": SUMMARY} | files).items():
            if text is not None:
                data = text if isinstance(text, bytes) else text.encode()
                (made / f"{stem.replace('_', '-')}.csv").write_bytes(data)
        return made

    return written


@pytest.fixture
def load(database):
    async def loaded(path, say=lambda line: None):
        async with database.writing() as db:
            return await polis.load(db, path, say)

    return loaded


@pytest.fixture
def rows(database):
    async def found(*columns, order=None):
        query = columns[0] if isinstance(columns[0], Select) else select(*columns)
        async with database.reading() as db:
            answer = await db.execute(
                query if order is None else query.order_by(*(order if isinstance(order, tuple) else (order,)))
            )
        return [tuple(row) for row in answer]

    return found


async def nothing_stored(database):
    async with database.reading() as db:
        for table in Base.metadata.sorted_tables:
            assert (await db.execute(select(func.count()).select_from(table))).scalar_one() == 0, table.name
    return True


# --- what is stored ---------------------------------------------------------------------------------


async def test_what_would_still_be_open_needs_rules(folder, load, rows, make, database):
    today = int(clock.now().timestamp() * 1000)
    running = folder(comments=COMMENTS.replace(str(START + 2000), str(today)))

    with pytest.raises(Conflict, match="Ohne Regeln öffnet keine Beteiligung"):
        await load(running)
    assert await nothing_stored(database)

    await make.rule()
    await load(running)
    assert await rows(select(Rulebook.version).join(ThreadRulebook)) == [("1.0",)]


async def test_the_consultation_says_what_it_is_and_has_ended(folder, load, rows, database):
    slug = await load(folder())

    async with database.reading() as db:
        entry = await calendar.find(db, slug, None)
    assert (entry.slug, entry.title, entry.state) == ("produktion-koepfe", "Produktion & Köpfe", "ended")
    assert (entry.starts_on, entry.ends_on) == (date(2022, 4, 27), date(2022, 4, 27))
    assert entry.lead == "Eine abgeschlossene Beteiligung, übernommen aus Polis."
    assert "(https://pol.is/unbekannt)" in entry.about
    assert (entry.checks_first, entry.attribution, entry.sealed) == (True, "", False)
    assert await rows(Point.code, Point.title, Point.text, Point.edition, Point.area_id) == [
        ("I1", "Produktion & Köpfe", "Was meinst du?\nSag es.", "1.0", None)
    ]
    assert await rows(Thread.title, Thread.address, Thread.opens_at, Thread.closes_at) == [
        (
            "I1 Produktion & Köpfe",
            "/punkte/I1",
            datetime(2022, 4, 26, 22, tzinfo=UTC),
            datetime(2022, 4, 27, 22, tzinfo=UTC),
        )
    ]
    assert await rows(Phase.kind, Phase.starts_on, Phase.ends_on, order=Phase.kind) == [
        ("participation", date(2022, 4, 27), date(2022, 4, 27)),
        ("result", date(2022, 4, 28), None),
    ]


async def test_days_are_those_of_berlin(folder, load, rows):
    late = int(datetime(2022, 4, 30, 22, 30, tzinfo=UTC).timestamp() * 1000)

    await load(folder(votes=f"{VOTES}{late},egal,0,1,1\n"))

    assert await rows(Consultation.starts_on, Consultation.ends_on) == [(date(2022, 4, 27), date(2022, 5, 1))]


async def test_moderated_becomes_the_status_and_a_rejection_a_decision(folder, load, rows):
    await load(folder())

    at = [datetime(2022, 4, 27, 7, 30, second, tzinfo=UTC) for second in range(3)]
    columns = (
        Comment.text,
        Comment.status,
        Comment.source,
        Comment.revision,
        Comment.created_at,
        Comment.published_at,
    )
    assert await rows(*columns, order=Comment.created_at) == [
        ("Weniger Verpackung, mehr Pfand.", "published", "import", 1, at[0], at[0]),
        ("Reparieren statt wegwerfen.", "pending", "import", 1, at[1], None),
        ("Alles verbieten!", "rejected", "import", 2, at[2], None),
    ]
    decided = (Decision.decision, Decision.reasons, Decision.origin, Decision.revision, Decision.automated)
    more = (Decision.rule_id, Decision.actor_id, Decision.snapshot)
    joined = select(Comment.text, *decided, *more).join(Comment, Comment.id == Decision.comment_id)
    digest = sha256(b"Alles verbieten!").digest()
    assert await rows(joined) == [
        ("Alles verbieten!", "reject", "übernommen", "import", 1, False, None, None, digest)
    ]


async def test_an_imported_rejection_can_be_undone_like_one_made_here(folder, load, database, make):
    await load(folder())
    moderator = await make.moderator()

    async with database.writing() as db:
        number = (await db.execute(select(Comment.number).where(Comment.status == "rejected"))).scalar_one()
        comment = await comments.by_number(db, number, comments.Viewer(moderates=True))
        values = {"pseudonym": "", "email": "", "source": "account", "sign_in_id": 0, "seen_at": clock.now()}
        who = Current(id=moderator.id, grants=frozenset({("moderator", None)}), **values)
        await decisions.decide(db, who, comment, decisions.Ruling("restore", comment.revision))

    async with database.reading() as db:
        assert (await comments.by_number(db, number)).status == "published"


async def test_voters_and_authors_become_people_without_a_name(folder, load, rows):
    path = folder(votes=f"{VOTES}{START + 5000},egal,0,1,1\n{START + 4000},egal,0,5,-1\n")

    await load(path)

    digest = (await rows(Consultation.import_digest))[0][0][:12]
    found = await rows(Person.external, Person.source, Person.pseudonym, Person.email, order=Person.id)
    assert found == [(f"polis:{digest}:{key}", "import", None, None) for key in (1, 2, 5, 9)]


async def test_the_last_event_counts_wherever_it_stands_in_the_file(folder, load, rows):
    events = [
        (2000, 0, 1, -1),
        (1000, 0, 1, 1),
        (3000, 0, 2, 0),
        (3000, 0, 2, 1),
        (1000, 7, 2, -1),
        (9000, 0, 5, 0),
    ]
    lines = "".join(f"{START + at},egal,{comment},{voter},{vote}\n" for at, comment, voter, vote in events)

    await load(folder(votes=VOTES + lines))

    person = func.split_part(Person.external, ":", 3)
    joined = select(Comment.text, person, Vote.value, Vote.source, Vote.cast_at)
    joined = joined.join(Comment, Comment.id == Vote.comment_id).join(Person, Person.id == Vote.person_id)
    at = {second: datetime(2022, 4, 27, 7, 30, second, tzinfo=UTC) for second in (1, 2, 3, 9)}
    assert await rows(joined, order=func.row(Comment.created_at, person)) == [
        ("Weniger Verpackung, mehr Pfand.", "1", -1, "import", at[2]),
        ("Weniger Verpackung, mehr Pfand.", "2", 1, "import", at[3]),
        ("Weniger Verpackung, mehr Pfand.", "5", 0, "import", at[9]),
        ("Reparieren statt wegwerfen.", "2", -1, "import", at[1]),
    ]


async def test_bom_windows_line_ends_and_quotes_are_read(folder, load, rows):
    text = HEAD.replace("\n", "\r\n") + f'{START},egal,0,1,0,0,1,"Sie sagte: ""Ja"",\r\nund ging."\r\n\r\n'

    await load(folder(comments="\ufeff" + text, summary="\ufeff" + SUMMARY, votes="\ufeff" + ONE_VOTE))

    assert await rows(Comment.text) == [('Sie sagte: "Ja",\nund ging.',)]


async def test_without_times_the_matrix_gives_the_votes(folder, load, rows, database):
    matrix = "participant,group-id,n-comments,n-votes,n-agree,n-disagree,9,0,7\n1,0,1,2,1,1,-1,1,\n4,,0,1,0,0,,,0\n"

    slug = await load(folder(votes=None, participants_votes=matrix))

    assert sorted(await rows(Vote.value)) == [(-1,), (0,), (1,)]
    assert {at for (at,) in await rows(Vote.cast_at)} == {datetime(2022, 4, 27, 7, 30, 2, tzinfo=UTC)}
    assert len(await rows(Person.id)) == 4
    async with database.reading() as db:
        assert (await calendar.find(db, slug, None)).about.endswith(
            "abgegeben wurden, ist nicht überliefert."
        )


async def test_without_any_votes_the_texts_come_alone_and_it_is_said(folder, load, rows, database):
    slug = await load(folder(votes=None))

    assert await rows(Vote.value) == []
    async with database.reading() as db:
        assert (await calendar.find(db, slug, None)).about.endswith("Stimmen enthielt der Export nicht.")


async def test_texts_are_normalised_like_everything_people_write(folder, load, rows):
    await load(folder(comments=f"{HEAD}{START},egal,0,1,0,0,1,\x07Gru\u0308ner \n"))

    assert await rows(Comment.text) == [("Grüner",)]


async def test_the_same_export_again_changes_nothing(folder, load, rows):
    path, said = folder(), []
    slug = await load(path)
    before = await rows(Comment.id, Comment.number, order=Comment.id), await rows(JournalEntry.body)

    assert await load(path, said.append) == slug

    assert (await rows(Comment.id, Comment.number, order=Comment.id), await rows(JournalEntry.body)) == before
    assert said[-1] == "Dieser Export ist schon da: produktion-koepfe"


async def test_the_same_export_twice_at_once_is_stored_once(folder, load, rows):
    path = folder()

    slugs = await asyncio.gather(load(path), load(path))

    assert slugs == ["produktion-koepfe"] * 2
    assert len(await rows(Consultation.id)) == 1


async def test_another_export_with_the_same_topic_gets_its_own_address_and_code(folder, load, rows, make):
    await make.point(code="I7")
    first = await load(folder())
    second = await load(folder("zweiter", votes=f"{VOTES}{START},egal,0,3,1\n"))

    assert (first, second) == ("produktion-koepfe", "produktion-koepfe-2")
    assert [code for (code,) in await rows(Point.code, order=Point.id)] == ["I7", "I8", "I9"]


@pytest.mark.parametrize(
    ("topic", "slug"),
    [
        ("Produktion und Konsum", "produktion-und-konsum"),
        ("Größe, Äpfel & Öl", "groesse-aepfel-oel"),
        ("$15/hour", "15-hour"),
        ("自用車載客", "polis"),
        ("Élan vital – déjà vu", "elan-vital-deja-vu"),
        ("wort " * 40, "-".join(["wort"] * 12)),
    ],
)
async def test_the_address_comes_from_the_topic(folder, load, topic, slug):
    assert await load(folder(summary=f'topic,"{topic}"\n')) == slug


async def test_the_journal_and_the_speaker_hear_how_much_it_was(folder, load, rows, database):
    said = []

    slug = await load(folder(), said.append)

    (body,) = await rows(JournalEntry.body)
    entry = json.loads(body[0])
    digest = (await rows(Consultation.import_digest))[0][0]
    assert (entry["action"], entry["subject"]) == ("consultation.imported", f"consultation:{slug}")
    assert entry["detail"] == {"comments": 3, "digest": digest, "people": 3, "votes": 1}
    assert said == [
        "export wird gelesen …",
        "Personen: 3",
        "Beiträge: 3, davon abgelehnt: 1",
        "Stimmen: 1, aus Ereignissen: 1",
        "Fertig: produktion-koepfe",
    ]
    async with database.writing() as db:
        assert (await journal.verify(db)).broken is None


@pytest.mark.parametrize(("address", "case"), sorted(polis.OPEN_DATA.items()))
async def test_open_data_is_credited(folder, load, rows, address, case):
    await load(folder(summary=f"topic,Thema\nurl,{address}\n"))

    assert await rows(Consultation.attribution) == [
        (
            "Daten: Polis-Export, CC BY 4.0, The Computational Democracy Project (compdemocracy.org/polis), "
            f"https://compdemocracy.org/case-studies/{case}",
        )
    ]


# --- damaged files ----------------------------------------------------------------------------------

LINE = f"{START},egal,0,1,1,0,1,"
CROWD = "participant,group-id,n-comments,n-votes,n-agree,n-disagree,"
NUMBER = "erwartet ist eine ganze Zahl"
BROKEN = {
    "no votes column": (
        {"votes": "timestamp,comment-id,voter-id\n"},
        "votes.csv, Zeile 1, Spalte „vote“: Diese Spalte fehlt.",
    ),
    "no body column": (
        {"comments": "timestamp,comment-id,author-id,moderated\n"},
        "comments.csv, Zeile 1, Spalte „comment-body“: Diese Spalte fehlt.",
    ),
    "a column twice": (
        {"votes": "timestamp,comment-id,voter-id,vote,vote\n"},
        "votes.csv, Zeile 1, Spalte „vote“: Diese Spalte gibt es zweimal.",
    ),
    "an empty file": ({"votes": ""}, "votes.csv, Zeile 1, Spalte 1: Die Datei ist leer."),
    "no comment": (
        {"comments": HEAD},
        "comments.csv, Zeile 2, Spalte „comment-id“: Die Datei enthält keinen Beitrag.",
    ),
    "a cell missing": (
        {"votes": f"{ONE_VOTE}{START},egal,0,1\n"},
        "votes.csv, Zeile 3, Spalte 5: Diese Zelle fehlt.",
    ),
    "a cell too many": (
        {"votes": f"{VOTES}{START},egal,0,1,1,1\n"},
        "votes.csv, Zeile 2, Spalte 6: Hier steht eine Zelle zu viel.",
    ),
    "a vote of 2": (
        {"votes": f"{ONE_VOTE}{START},egal,0,1,2\n"},
        f"votes.csv, Zeile 3, Spalte „vote“: Hier steht „2“, {NUMBER} von -1 bis 1.",
    ),
    "a vote that is half": (
        {"votes": f"{VOTES}{START},egal,0,1,0.5\n"},
        f"votes.csv, Zeile 2, Spalte „vote“: Hier steht „0.5“, {NUMBER} von -1 bis 1.",
    ),
    "an empty vote": (
        {"votes": f"{VOTES}{START},egal,0,1,\n"},
        f"votes.csv, Zeile 2, Spalte „vote“: Hier steht „“, {NUMBER} von -1 bis 1.",
    ),
    "Arabic digits": (
        {"votes": f"{VOTES}{START},egal,٠,1,1\n"},
        f"votes.csv, Zeile 2, Spalte „comment-id“: Hier steht „٠“, {NUMBER}.",
    ),
    "an unknown comment": (
        {"votes": f"{VOTES}{START},egal,8,1,1\n"},
        "votes.csv, Zeile 2, Spalte „comment-id“: Beitrag 8 gibt es in comments.csv nicht.",
    ),
    "a person without number": (
        {"votes": f"{VOTES}{START},egal,0,x\x1b[31m,1\n"},
        f"votes.csv, Zeile 2, Spalte „voter-id“: Hier steht „x[31m“, {NUMBER}.",
    ),
    "a negative person": (
        {"votes": f"{VOTES}{START},egal,0,-1,1\n"},
        f"votes.csv, Zeile 2, Spalte „voter-id“: Hier steht „-1“, {NUMBER}.",
    ),
    "seconds instead of milliseconds": (
        {"votes": f"{VOTES}{START // 1000},egal,0,1,1\n"},
        f"votes.csv, Zeile 2, Spalte „timestamp“: Hier steht „1651044600“, {NUMBER}.",
    ),
    "a moment to come": (
        {"votes": f"{VOTES}9999999999999,egal,0,1,1\n"},
        f"votes.csv, Zeile 2, Spalte „timestamp“: Hier steht „9999999999999“, {NUMBER}.",
    ),
    "a number too long for any column": (
        {"votes": f"{VOTES}{'9' * 5000},egal,0,1,1\n"},
        f"votes.csv, Zeile 2, Spalte „timestamp“: Hier steht „{'9' * 20}“, {NUMBER}.",
    ),
    "moderated 2": (
        {"comments": f"{HEAD}{START},egal,0,1,1,0,2,Text\n"},
        f"comments.csv, Zeile 2, Spalte „moderated“: Hier steht „2“, {NUMBER} von -1 bis 1.",
    ),
    "a comment twice, after one of two lines": (
        {"comments": f'{HEAD}{LINE}"Zwei\nZeilen"\n{LINE}Noch einmal\n'},
        "comments.csv, Zeile 4, Spalte „comment-id“: Beitrag 0 steht schon in Zeile 2.",
    ),
    "an empty text": (
        {"comments": f"{HEAD}{LINE} \n"},
        "comments.csv, Zeile 2, Spalte „comment-body“: Der Text ist leer.",
    ),
    "a text too long": (
        {"comments": f"{HEAD}{LINE}{'ä' * 5001}\n"},
        "comments.csv, Zeile 2, Spalte „comment-body“: Der Text ist länger als 5000 Zeichen.",
    ),
    "a cell too long": (
        {"comments": f"{HEAD}{LINE}{'x' * 100_001}\n"},
        "comments.csv, Zeile 2, Spalte „comment-body“: Diese Zelle ist länger als 100000 Zeichen.",
    ),
    "a cell far too long": (
        {"comments": f"{COMMENTS}{LINE}{'x' * 200_000}\n"},
        "comments.csv, Zeile 5, Spalte 8: Diese Zelle hört nicht auf: "
        "Das schließende Anführungszeichen fehlt, oder sie ist zu lang.",
    ),
    "quotes that never close": (
        {"comments": f'{COMMENTS}{LINE}"Es begann\ngut'},
        "comments.csv, Zeile 5, Spalte 8: Diese Zelle hört nicht auf: "
        "Das schließende Anführungszeichen fehlt, oder sie ist zu lang.",
    ),
    "text after closing quotes": (
        {"votes": f'{VOTES}{START},"egal"x,0,1,1\n'},
        "votes.csv, Zeile 2, Spalte 2: Hier stimmt ein Anführungszeichen oder ein Zeilenende nicht.",
    ),
    "bytes that are no UTF-8": (
        {"comments": COMMENTS.encode() + f"{LINE}Gr".encode() + b"\xfcn\n"},
        f"comments.csv, Zeile 5, Spalte {len(LINE) + 3}: Hier steht kein gültiges UTF-8.",
    ),
    "UTF-16": (
        {"votes": ONE_VOTE.encode("utf-16")},
        "votes.csv, Zeile 1, Spalte 1: Hier steht kein gültiges UTF-8.",
    ),
    "no topic": ({"summary": "url,x\n"}, "summary.csv, Zeile 1, Spalte 1: Das Thema (topic) fehlt."),
    "a topic twice": (
        {"summary": "topic,a\ntopic,b\n"},
        "summary.csv, Zeile 2, Spalte 1: „topic“ steht hier zum zweiten Mal.",
    ),
    "three cells in the summary": (
        {"summary": "topic,Eins, zwei\n"},
        "summary.csv, Zeile 1, Spalte 3: Hier steht eine Zelle zu viel.",
    ),
    "a matrix with an unknown comment": (
        {"votes": None, "participants_votes": f"{CROWD}0,8\n1,,0,0,0,0,1,1\n"},
        "participants-votes.csv, Zeile 1, Spalte „8“: Diesen Beitrag gibt es in comments.csv nicht.",
    ),
    "a matrix with a person twice": (
        {"votes": None, "participants_votes": f"{CROWD}0\n1,,0,0,0,0,1\n1,,0,0,0,0,1\n"},
        "participants-votes.csv, Zeile 3, Spalte „participant“: Person 1 steht schon in Zeile 2.",
    ),
    "a matrix with a vote of 3": (
        {"votes": None, "participants_votes": f"{CROWD}0\n1,,0,0,0,0,3\n"},
        f"participants-votes.csv, Zeile 2, Spalte „0“: Hier steht „3“, {NUMBER} von -1 bis 1.",
    ),
    "no summary": ({"summary": None}, "summary.csv fehlt im Ordner „export“."),
    "no comments": ({"comments": None}, "comments.csv fehlt im Ordner „export“."),
}


@pytest.mark.parametrize("kind", BROKEN)
async def test_a_damaged_file_is_refused_with_its_place_and_nothing_is_stored(folder, load, database, kind):
    files, sentence = BROKEN[kind]

    with pytest.raises(Broken) as refusal:
        await load(folder(**files))

    assert refusal.value.text == sentence
    assert await nothing_stored(database)


async def test_a_folder_that_is_not_there_is_refused(load, database, tmp_path):
    with pytest.raises(Broken, match="Den Ordner „fehlt“ gibt es nicht"):
        await load(tmp_path / "fehlt")

    assert await nothing_stored(database)


async def test_a_file_that_is_too_large_is_refused_unread(folder, load, database):
    path = folder()
    with (path / "votes.csv").open("r+b") as file:
        file.truncate(512 * 2**20 + 1)

    with pytest.raises(Broken, match=r"votes\.csv ist größer als 512 MB"):
        await load(path)

    assert await nothing_stored(database)


async def test_an_end_in_the_middle_leaves_nothing(folder, load, database):
    class Stopped(Exception): ...

    def stop(line):
        if "Stimmen" in line:
            raise Stopped

    with pytest.raises(Stopped):
        await load(folder(), stop)

    assert await nothing_stored(database)


# --- real exports -----------------------------------------------------------------------------------


async def test_an_excerpt_of_the_klimarat_is_exact(load, rows, database, tmp_path):
    said = []

    slug = await load(EXCERPT, said.append)

    assert slug == "produktion-und-konsum"
    assert "Stimmen: 81, aus Ereignissen: 90" in said
    assert Counter(await rows(Comment.status)) == {("published",): 5, ("rejected",): 5}
    assert (len(await rows(Person.id)), len({who for (who,) in await rows(Vote.person_id)})) == (22, 16)
    assert Counter(await rows(Vote.value)) == {(1,): 39, (0,): 14, (-1,): 28}
    assert [text for (text,) in await rows(Comment.text) if text.startswith('"Vegane" Schuhe')]
    async with database.reading() as db:
        entry = await calendar.entry(db, slug, Totals(database), None)
    assert (entry.totals.comments, entry.totals.votes) == (5, 70)
    assert entry.attribution.endswith("compdemocracy.org/case-studies/2022-Austria-Klimarat")
    for role, expected in (("panelist", (5, 70)), ("admin", (10, 81))):
        made = await exports.to_file(database, slug, role, tmp_path / f"{role}.zip", lambda line: None)
        assert (made["rows"]["beitraege.csv"], made["rows"]["stimmen.csv"]) == expected


async def test_the_klimarat_is_complete(shared, load, rows, database, tmp_path):
    said = []

    slug = await load(shared / "data" / "polis" / KLIMARAT, said.append)

    assert slug == "produktion-und-konsum"
    assert "Stimmen: 61\u202f384, aus Ereignissen: 61\u202f936" in said
    assert Counter(await rows(Comment.status)) == {("published",): 277, ("rejected",): 245}
    assert len(await rows(Decision.id)) == 245
    assert (len(await rows(Person.id)), len({who for (who,) in await rows(Vote.person_id)})) == (1117, 1116)
    assert Counter(await rows(Vote.value)) == {(1,): 38206, (0,): 13955, (-1,): 9223}
    async with database.reading() as db:
        joined = select(func.count()).select_from(Vote).join(Comment, Comment.id == Vote.comment_id)
        on_rejected = (await db.execute(joined.where(Comment.status == "rejected"))).scalar_one()
        totals = (await calendar.entry(db, slug, Totals(database), None)).totals
    assert on_rejected == 6944
    assert (totals.comments, totals.votes) == (277, 54440)
    for role, expected in (("panelist", (277, 54440)), ("admin", (522, 61384))):
        made = await exports.to_file(database, slug, role, tmp_path / f"{role}.zip", lambda line: None)
        assert (made["rows"]["beitraege.csv"], made["rows"]["stimmen.csv"]) == expected


async def test_in_these_exports_agree_is_plus_one(shared):
    """`agrees` and `disagrees` in comments.csv count events, also those that a later one replaced."""
    checked = 0
    for path in sorted((shared / "data" / "polis").glob("*/votes.csv")):
        with path.open(newline="", encoding="utf-8-sig") as file:
            cast = Counter((row["comment-id"], row["vote"]) for row in csv.DictReader(file))
        with (path.parent / "comments.csv").open(newline="", encoding="utf-8-sig") as file:
            for row in csv.DictReader(file):
                told = int(row["agrees"]), int(row["disagrees"])
                assert told == (cast[row["comment-id"], "1"], cast[row["comment-id"], "-1"]), path.parent.name
                checked += 1
    assert checked > 1000


async def test_votes_and_matrix_of_the_same_export_agree(shared, load, rows, tmp_path):
    real = shared / "data" / "polis" / "brexit-consensus"
    alone = tmp_path / "matrix"
    alone.mkdir()
    for name in ("comments.csv", "summary.csv", "participants-votes.csv"):
        (alone / name).write_bytes((real / name).read_bytes())
    found = []
    for path in (real, alone):
        slug = await load(path)
        query = (
            select(Comment.text, func.split_part(Person.external, ":", 3), Vote.value)
            .join(Comment, Comment.id == Vote.comment_id)
            .join(Person, Person.id == Vote.person_id)
            .join(Point, Point.thread_id == Comment.thread_id)
            .join(Consultation, Consultation.id == Point.consultation_id)
        )
        found.append(sorted(await rows(query.where(Consultation.slug == slug))))

    assert len(found[0]) == 5303
    assert found[0] == found[1]
