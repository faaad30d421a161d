"""The public account of moderation: page, table and file say the same, and nothing of what is not public."""

import csv
import io
import json
from datetime import timedelta
from hashlib import sha256
from uuid import uuid4

import pytest

from consultations import transparency
from consultations.outcome.csvfile import unguard
from dialogue.kit import clock
from dialogue.tables import Head
from moderation import figures
from moderation.tables import Decision

ADDRESSES = ("/transparenz", "/transparenz.csv", "/transparenz.json")


@pytest.fixture
def rejected(make):
    """Contributions to a point, each rejected two hours after it came in."""

    async def made(point, times=1, rule=None):
        rule = rule or await make.rule()
        for _ in range(times):
            comment = await make.comment(point.thread, status="rejected")
            decision = {"decision": "reject", "rule_id": rule.id, "actor_id": uuid4(), "origin": "own"}
            when = {"decided_at": comment.created_at + timedelta(hours=2)}
            fixed = {"revision": 1, "snapshot": b"", "reasons": "Eine Begründung, die lang genug ist."}
            await make.row(Decision, comment_id=comment.id, **decision, **when, **fixed)

    return made


async def file(browser):
    return json.loads((await browser.get("/transparenz.json")).text)


async def table(browser):
    text = (await browser.get("/transparenz.csv")).text.removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


async def test_page_table_and_file_say_the_same(browser, make, rejected):
    point = await make.point(await make.consultation(title="Leitlinien", slug="leitlinien"))
    await rejected(point, 25, await make.rule(number=4, title="Kein Spam"))
    await make.comment(point.thread)

    page = await browser.get("/transparenz")
    found = await file(browser)
    rows = {(row["beteiligung"], row["kennzahl"]): row for row in await table(browser)}

    assert page.words(".figures") == (
        "Beiträge eingegangen 26 Entscheidungen von Menschen 25 mittlere Dauer bis zur ersten Entscheidung "
        "(n = 25) 2 Stunden Meldungen 0 Beschwerden 0"
    )
    for account, where in ((found["alle"], "alle"), (found["beteiligungen"][0], "leitlinien")):
        assert account["zahlen"]["received"] == {"wert": 26}
        assert account["zahlen"]["reject"] == {"wert": 25, "n": 25, "prozent": 100}
        assert account["zahlen"]["median"] == {"n": 25, "stunden": 2.0}
        assert account["regeln"] == [
            {"nummer": 4, "titel": "Kein Spam", "fassung": "1.0", "wert": 25, "n": 25, "prozent": 100}
        ]
        assert (rows[where, "received"]["wert"], rows[where, "reject"]["prozent"]) == ("26", "100")
        assert (rows[where, "median"]["stunden"], rows[where, "rule_4"]["wert"]) == ("2,0", "25")
    assert {key for account, key in rows if account == "alle"} == {*found["alle"]["zahlen"], "rule_4"}
    assert set(found["bedeutung"]) == {*found["alle"]["zahlen"], "rule"}


async def test_a_share_of_few_is_not_named(browser, make, rejected):
    await rejected(await make.point(), 19)

    page = await browser.get("/transparenz")
    found = await file(browser)

    assert "Entscheidungen nach Art n = 19, zu wenige für Anteile Was Anzahl abgelehnt 19 " in page.words()
    assert "%" not in page.words("table")
    assert found["alle"]["zahlen"]["reject"] == {"wert": 19, "n": 19}
    assert found["alle"]["zahlen"]["median"] == {"n": 19}


async def test_a_title_that_would_be_a_formula_is_a_text_in_the_table(browser, make, rejected):
    title = "=1+1;+2"
    await rejected(await make.point(await make.consultation(title=title)))

    titles = {row["titel"] for row in await table(browser)}

    assert titles == {"Alle Beteiligungen", "'=1+1;'+2"}
    assert {unguard(each) for each in titles} == {"Alle Beteiligungen", title}


async def secret(make, kind):
    """A point whose consultation nobody may know of yet."""
    today = clock.today()
    if kind == "circle":
        return await make.point(await make.consultation(slug="geheim", circle_id=(await make.circle()).id))
    if kind == "draft":
        return await make.point(await make.consultation(slug="geheim", published_at=None))
    days = {"starts_on": today + timedelta(days=2), "ends_on": today + timedelta(days=9)}
    return await make.point(await make.consultation(slug="geheim", **days))


@pytest.mark.parametrize("kind", ["circle", "draft", "upcoming"])
async def test_what_is_not_public_changes_no_figure(browser, make, rejected, kind):
    rule = await make.rule()
    await rejected(await make.point(), 3, rule)
    hidden = await secret(make, kind)

    async def read():
        pages = [await browser.get(address) for address in ADDRESSES]
        return [page.words("body") if page.path == "/transparenz" else page.text for page in pages]

    before = await read()
    await rejected(hidden, 4, rule)

    after = await read()
    assert [text.partition("Gezählt")[0] for text in after[:2]] == [
        text.partition("Gezählt")[0] for text in before[:2]
    ]
    assert json.loads(after[2]) | {"stand": ""} == json.loads(before[2]) | {"stand": ""}
    assert "geheim" not in "".join(after)
    assert (await browser.get("/transparenz/geheim")).status == 404


async def test_a_consultation_taken_back_is_gone_at_once_also_from_what_is_kept(
    database, make, rejected, owner, settings
):
    counter = figures.Counter(database)
    stays, goes = await make.point(), await make.point()
    await rejected(stays, 2)
    await rejected(goes, 3)

    async def received():
        async with database.reading() as db:
            found = await transparency.accounts(db, counter)
        return found.all.figures.counts["received"], [each.slug for each in found.each]

    assert (await received())[0] == 5
    await owner.execute("UPDATE consultations SET published_at = NULL WHERE id = $1", goes.consultation.id)
    assert await received() == (2, [stays.consultation.slug])
    await counter.close()


async def test_one_consultation_has_a_page_of_its_own(browser, make, rejected):
    point = await make.point(await make.consultation(title="Leitlinien", slug="leitlinien"))
    await rejected(point, 2)
    await rejected(await make.point(), 5)

    listed = await browser.get("/transparenz")
    page = await browser.get("/transparenz/leitlinien")

    assert len(listed.select("a[href='/transparenz/leitlinien']")) == 1
    assert page.words("h1") == "So wird moderiert: Leitlinien"
    assert page.words(".figures").startswith("Beiträge eingegangen 2 Entscheidungen von Menschen 2")


@pytest.mark.parametrize("slug", ["gibt-es-nicht", "x" * 400, "-1"])
async def test_a_consultation_that_does_not_exist_is_not_found(browser, slug):
    assert (await browser.client.get(f"/transparenz/{slug}")).status_code == 404


async def test_on_the_first_day_it_says_so(browser):
    page = await browser.get("/transparenz")

    assert page.words(".empty h2") == "Noch ist nichts zu zählen"
    assert page.words(".aside-note") == "Die erste Prüfsumme erscheint kurz nach Mitternacht."
    assert (await file(browser))["alle"]["zahlen"]["received"] == {"wert": 0}


async def test_the_last_heads_of_the_journal_are_shown_and_all_are_in_the_file(browser, make):
    days = [clock.today() - timedelta(days=days) for days in range(1, 11)]
    for n, day in enumerate(reversed(days), 1):
        await make.row(Head, day=day, entries=n, hash=sha256(bytes([n])).digest())

    page = await browser.get("/transparenz")
    found = await file(browser)

    assert page.words("#protokoll ~ table tbody td.mono").split() == [
        sha256(bytes([n])).hexdigest() for n in range(10, 3, -1)
    ]
    assert [(each["tag"], each["eintraege"]) for each in found["protokoll"]] == [
        (str(day), n) for day, n in zip(days, range(10, 0, -1), strict=True)
    ]


async def test_the_way_there_is_at_the_foot_of_every_page_and_in_the_netiquette(browser, make):
    await make.rule()

    page = await browser.get("/netiquette")

    assert [link.text for link in page.select("a[href='/transparenz']")] == ["So wird moderiert"] * 2


async def test_imports_and_examples_are_named_apart(browser, make):
    point = await make.point()
    await make.comment(point.thread, example=True)
    for _ in range(2):
        await make.comment(point.thread, source="import")

    page = await browser.get("/transparenz")

    assert page.words(".figures").startswith("Beitrag eingegangen 1 ")
    assert "Davon ist 1 Beitrag ein erfundenes Beispiel." in page.words()
    assert "Dazu kommen 2 übernommene Beiträge aus einem früheren Verfahren." in page.words()
