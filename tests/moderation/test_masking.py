"""Blacking out: the words are gone everywhere, but for who decides an appeal against it, for six months."""

import zipfile
from datetime import timedelta

import pytest
from sqlalchemy import select

from consultations.outcome import exports
from dialogue import journal
from dialogue.kit import clock
from dialogue.tables import JournalEntry, Words
from moderation import masking
from moderation.masking import APPEALABLE, blacked_out
from moderation.tables import Appeal, Decision, Original
from moderation.triage import signs
from tests.moderation import matter
from tests.moderation.matter import REASONS, decide, now

SECRET = "Zwiebelkuchen"
TEXT = f"Rufen Sie {SECRET} an: 0345 1234567. Oder schreiben Sie an {SECRET}@geheim.example, ihr Idioten!"
PLACES = f"{SECRET}\n0345 1234567\n@geheim.example"
MASKED = (
    "Rufen Sie [geschwärzt] an: [geschwärzt]. Oder schreiben Sie an [geschwärzt][geschwärzt], ihr Idioten!"
)


@pytest.fixture
async def waiting(make):
    """A contribution with personal data in it, as it comes through the gate."""
    noticed = [sign.stored() for sign in signs.judge(TEXT)]
    return await make.comment(await make.thread(), status="pending", text=TEXT, signs=noticed)


@pytest.fixture
async def mask(make, new_browser):
    """Black the places out as a moderator; gives the browser and the answer."""

    async def masked(comment, **form):
        browser, rule = new_browser(), await make.rule()
        browser.person = await make.moderator()
        await browser.sign_in(browser.person)
        form = {"rule": rule.id, "reasons": REASONS, "places": PLACES} | form
        return browser, await decide(browser, comment, "publish_masked", **form)

    return masked


@pytest.mark.parametrize("status", ["pending", "published"])
async def test_a_masked_text_is_public_without_its_places(mask, database, make, new_browser, status):
    comment = await make.comment(status=status, text=TEXT)

    _, answer = await mask(comment)

    after = await now(database, comment)
    assert answer.words("[role=status]") == f"Beitrag {comment.number} geschwärzt. Ansehen"
    assert (after.status, after.text, after.revision) == ("published", MASKED, 2)
    page = await new_browser().get(f"/beitraege/{comment.number}")
    assert page.words(".comment__text") == MASKED


async def test_what_was_noticed_as_personal_is_proposed_for_blacking_out(browser, waiting, make):
    await browser.sign_in(await make.moderator())

    case = await browser.get(f"/moderation/{waiting.number}")

    assert case.form(f"/moderation/{waiting.number}/entscheiden")["places"] == (
        f"0345 1234567\n{SECRET}@geheim.example"
    )
    assert case.one(".decide__mask").has_attr("open")


async def test_the_masked_words_stand_nowhere_any_more(mask, waiting, database, owner, work, make, settings):
    for old in (settings.data / "mail").glob("*.eml"):
        old.unlink()

    await mask(waiting)
    await work()

    tables = [
        row[0] for row in await owner.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    ]
    rows = {name: [str(row) for row in await owner.fetch(f'SELECT * FROM "{name}"')] for name in tables}
    words = (SECRET, SECRET.lower(), "1234567", "geheim")
    told = {name for name, found in rows.items() for row in found if any(word in row for word in words)}
    mails = [file.read_text() for file in (settings.data / "mail").glob("*.eml")]
    assert told == {"originals"}
    assert [[word for word in words if word in mail] for mail in mails] == [[]]
    assert [sign["kind"] for sign in (await now(database, waiting)).signs] == ["insult"]


async def test_the_search_finds_the_rest_of_it_and_not_the_masked_words(mask, database, make):
    comment = await make.comment(text=TEXT)
    async with database.reading() as db:
        before = (await db.execute(select(Words.words).where(Words.comment_id == comment.id))).scalar_one()

    await mask(comment)

    async with database.reading() as db:
        after = (await db.execute(select(Words.words).where(Words.comment_id == comment.id))).scalar_one()
    assert [SECRET.lower()[:9] in words for words in (before, after)] == [True, False]


async def test_an_export_after_it_holds_the_masked_text(make, database, mask, tmp_path):
    point = await make.point()
    await mask(await make.comment(point.thread, text=TEXT))

    await exports.to_file(database, point.consultation.slug, "admin", tmp_path / "export.zip", print)

    with zipfile.ZipFile(tmp_path / "export.zip") as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert ("[geschwärzt]" in texts["beitraege.csv"], [SECRET in text for text in texts.values()]) == (
        True,
        [False] * len(texts),
    )


async def test_only_who_decides_the_appeal_reads_the_original_and_each_time_is_noted(
    mask, waiting, database, make, new_browser
):
    masker, _ = await mask(waiting)
    (record,) = await matter.records(database)
    people = {"masker": masker, "judge": new_browser(), "editor": new_browser()}
    await people["judge"].sign_in(await make.moderator())
    await people["editor"].sign_in(await make.person("editor"))
    address = f"/moderation/{waiting.number}"

    early = [(await browser.post(f"{address}/original")).status for browser in people.values()]
    await matter.appeal(make, waiting, record)
    case = await people["judge"].get(address)
    reading = [await browser.post(f"{address}/original") for browser in people.values()]
    again = await people["judge"].post(f"{address}/original")

    assert early == [404, 404, 403]
    assert (SECRET in case.text, len(case.select(f"form[action='{address}/original']"))) == (False, 1)
    assert [page.status for page in reading] == [404, 200, 403]
    assert [TEXT in page.words(".case > .aside-note") for page in (reading[1], again)] == [True, True]
    assert reading[1].headers["cache-control"] == "no-store"
    async with database.reading() as db:
        entries = await journal.page(db, None)
    read = [entry for entry in entries if entry["action"] == "comment.original_read"]
    assert [(entry["subject"], entry["detail"]) for entry in read] == [(f"comment:{waiting.number}", {})] * 2
    protocol = await people["judge"].get("/moderation/protokoll")
    assert protocol.words(".log").count("Text vor der Schwärzung gelesen") == 2


async def test_who_hosts_another_room_or_wrote_it_reads_no_original(mask, database, make, new_browser):
    author = await make.moderator()
    comment = await make.comment(author=author, text=TEXT)
    await mask(comment)
    (record,) = await matter.records(database)
    await matter.appeal(make, comment, record)
    elsewhere, own = new_browser(), new_browser()
    person = await make.citizen()
    await make.grant(person, "moderator", await make.room())
    await elsewhere.sign_in(person)
    await own.sign_in(author)

    answers = [await browser.post(f"/moderation/{comment.number}/original") for browser in (elsewhere, own)]

    assert [(page.status, SECRET in page.text) for page in answers] == [(404, False)] * 2


async def test_an_upheld_appeal_shows_the_text_again_with_what_is_noticed_in_it(
    mask, waiting, database, make, new_browser
):
    await mask(waiting)
    (record,) = await matter.records(database)
    await matter.appeal(make, waiting, record)
    judge = new_browser()
    await judge.sign_in(await make.moderator())
    waiting.revision = 2

    answer = await decide(judge, waiting, "restore", reasons="Die Nummer ist die des Bürgertelefons.")

    after = await now(database, waiting)
    assert (answer.status, after.text, after.status) == (200, TEXT, "published")
    assert after.signs == waiting.signs
    async with database.reading() as db:
        assert (await db.execute(select(Original.comment_id))).all() == []


async def test_of_a_stale_restore_the_original_is_still_there(mask, waiting, database, make, new_browser):
    await mask(waiting)
    (record,) = await matter.records(database)
    await matter.appeal(make, waiting, record)
    judge = new_browser()
    await judge.sign_in(await make.moderator())

    answer = await decide(judge, waiting, "restore", reasons="Die Nummer ist die des Bürgertelefons.")

    assert answer.status == 409
    async with database.reading() as db:
        assert await masking.original(db, waiting.id) == TEXT


@pytest.mark.parametrize(
    ("form", "field", "sentence"),
    [
        ({"places": ""}, "places", "Bitte nennen Sie die Stellen, die geschwärzt werden sollen."),
        ({"places": " \n\n "}, "places", "Bitte nennen Sie die Stellen, die geschwärzt werden sollen."),
        (
            {"places": "Erbsensuppe"},
            "places",
            "„Erbsensuppe“ steht so nicht im Beitrag. Bitte prüfen Sie die Stelle.",
        ),
        (
            {"reasons": f"Der Name {SECRET} gehört hier nicht hin."},
            "reasons",
            "Die Begründung wiederholt eine geschwärzte Stelle. Bitte schreiben Sie sie ohne diese Wörter.",
        ),
        (
            {"reasons": "zu kurz"},
            "reasons",
            "Bitte begründen Sie die Entscheidung mit mindestens 20 Zeichen.",
        ),
        ({"rule": ""}, "rule", "Bitte wählen Sie die Regel, um die es geht."),
    ],
)
async def test_a_no_stands_at_its_field_and_nothing_is_lost(mask, waiting, database, form, field, sentence):
    _, page = await mask(waiting, **form)

    sent = page.form(f"/moderation/{waiting.number}/entscheiden")
    typed = {"places": PLACES, "reasons": REASONS} | form
    assert (page.status, page.words(f"#{field}-error")) == (422, sentence)
    assert {name: sent[name].strip() for name in ("places", "reasons")} == {
        name: typed[name].strip() for name in ("places", "reasons")
    }
    assert (await now(database, waiting)).text == TEXT


@pytest.mark.parametrize(
    ("text", "places", "masked"),
    [
        ("Frau Beispiel, Frau Beispiel!", "Frau Beispiel", "[geschwärzt], [geschwärzt]!"),
        ("(0345) 12.*34", "(0345) 12.*34", "[geschwärzt]"),
        ("שלום דוד, בוא", "דוד", "שלום [geschwärzt], בוא"),
        ("👩‍👩‍👧 aus Halle", "👩‍👩‍👧", "[geschwärzt] aus Halle"),
        ("Zeile\neins", "Zeile\r\neins", "[geschwärzt]\n[geschwärzt]"),
        ("abcabc", "abc\nbca", "[geschwärzt]"),
        ("<b>Name</b>", "<b>\nName", "[geschwärzt][geschwärzt]</b>"),
        ("Name\x00", "Na\x00me", "[geschwärzt]\x00"),
    ],
)
def test_every_occurrence_of_a_place_is_blacked_out(text, places, masked):
    assert blacked_out(text, places) == masked


async def test_the_original_is_forgotten_when_no_appeal_can_come_any_more(make, database):
    rule, person = await make.rule(), await make.moderator()

    async def masked(age):
        comment = await make.comment(text="Fragen Sie [geschwärzt].", revision=2)
        decision = await matter.decided_by(make, comment, person, "publish_masked", rule)
        values = {"decision_id": decision.id, "comment_id": comment.id, "text": TEXT}
        await make.row(Original, masked_at=clock.now() - age, **values)
        return comment, decision

    young, _ = await masked(APPEALABLE - timedelta(hours=1))
    await masked(APPEALABLE + timedelta(hours=1))
    asked, decision = await masked(APPEALABLE + timedelta(hours=1))
    await matter.appeal(make, asked, decision)

    async with database.writing() as db:
        await masking.sweep(db)
        left = list(await db.scalars(select(Original.comment_id).order_by(Original.comment_id)))

    assert left == [young.id, asked.id]


async def test_the_journal_names_a_masking_without_its_words(mask, waiting, database):
    await mask(waiting)

    async with database.reading() as db:
        (body,) = await db.scalars(select(JournalEntry.body))
    assert ('"comment.masked"' in body, SECRET in body, "1234567" in body) == (True, False, False)


@pytest.mark.parametrize(
    ("text", "spans", "masked"),
    [
        ("Rufen Sie 0345 1234567 an.", [(10, 22)], "Rufen Sie [geschwärzt] an."),
        ("a b c", [(4, 5), (0, 1)], "[geschwärzt] b [geschwärzt]"),
        ("abcdef", [(0, 3), (2, 5)], "[geschwärzt]f"),
        ("abcdef", [(1, 5), (2, 3)], "a[geschwärzt]f"),
        ("abc", [], "abc"),
    ],
)
def test_spans_are_blacked_out_once_each(text, spans, masked):
    assert masking.blacked(text, spans) == masked


async def test_what_is_masked_can_be_contested_also_after_it_was_hidden_and_came_back(
    mask, database, make, new_browser
):
    author = new_browser()
    person = await make.citizen()
    await author.sign_in(person)
    comment = await make.comment(author=person, text=TEXT)
    await mask(comment)
    for kind in ("hide", "restore"):
        moderator, rule = new_browser(), await make.rule()
        await moderator.sign_in(await make.moderator())
        await decide(moderator, await now(database, comment), kind, rule=rule.id, reasons=REASONS)

    page = await author.get(f"/beitraege/{comment.number}")
    sent = await author.post(f"/beitraege/{comment.number}/beschwerde", text="Das war keine private Nummer.")

    assert "geschwärzt" in page.words("section.kern-alert, .statement, main")
    assert sent.status == 200
    async with database.reading() as db:
        contested = await db.scalars(
            select(Decision.decision).join(Appeal, Appeal.decision_id == Decision.id)
        )
        assert list(contested) == ["publish_masked"]


async def test_an_appeal_is_about_the_last_blacking_out_and_leaves_the_one_before(
    mask, database, make, new_browser
):
    comment = await make.comment(text=TEXT)
    await mask(comment, places="0345 1234567")
    await mask(await now(database, comment), places=SECRET)
    record = (await matter.records(database))[-1]
    await matter.appeal(make, comment, record)
    judge = new_browser()
    await judge.sign_in(await make.moderator())

    await decide(
        judge, await now(database, comment), "restore", reasons="Das ist kein Name, sondern ein Gericht."
    )

    assert (await now(database, comment)).text == TEXT.replace("0345 1234567", masking.BLACK)
    async with database.reading() as db:
        assert list(await db.scalars(select(Original.text))) == [TEXT]
