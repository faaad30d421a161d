"""The result of a point: what is counted, who sees which votes, and what stays hidden."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from consultations.outcome.csvfile import unguard
from consultations.tables import Response
from dialogue.kit import clock
from dialogue.tables import Comment, Vote
from tests.browser import numbers


@pytest.fixture
async def ended(make):
    today = clock.today()
    dates = {"starts_on": today - timedelta(days=9), "ends_on": today - timedelta(days=1)}
    return await make.point(await make.consultation(**dates), code="E2")


async def voted(make, thread, agree, passed, disagree, **values):
    comment = await make.comment(thread, **values)
    for value, count in ((1, agree), (0, passed), (-1, disagree)):
        for _ in range(count):
            await make.vote(comment, value=value)
    return comment


def large(page):
    labels, values = (page.select(f".result__figures {tag}") for tag in ("dt", "dd"))
    return {label.get_text(): value.get_text() for label, value in zip(labels, values, strict=True)}


def ranks(page, name):
    return [
        number
        for link in page.select(f"section[aria-labelledby={name}] .ranks a")
        for number in numbers(link.text)
    ]


def rows(page, of):
    table = page.one(f"section[aria-labelledby={of}] table")
    return [[cell.get_text(" ", strip=True) for cell in row.select("th, td")] for row in table.select("tr")]


async def test_people_contributions_votes_and_stances_are_counted_by_source(browser, make, ended):
    author, voter = await make.citizen(), await make.citizen()
    comment = await make.comment(ended.thread, author)
    await make.comment(ended.thread, author, parent_id=comment.id)
    for person in (author, voter):
        await make.vote(comment, person)
    await make.stance(ended.thread, voter)
    for source in ("import", "guest", "paper"):
        await make.vote(comment, await make.person(source=source), source=source)

    page = await browser.get("/punkte/E2/ergebnis")

    assert large(page) == {
        "Menschen": "3",
        "Beiträge": "2",
        "Stimmen zu Beiträgen": "3",
        "Haltung zum Punkt": "1",
    }
    assert rows(page, "wer") == [
        ["Herkunft", "Menschen", "Beiträge", "Stimmen", "Haltungen"],
        ["mit Konto", "2", "2", "2", "1"],
        ["übernommen aus einer früheren Befragung", "1", "0", "1", "0"],
        ["ohne Konto", "1", "0", "1", "0"],
        ["auf Papier", "1", "0", "1", "0"],
    ]
    said = "3 Menschen haben mitgemacht. 100\xa0% stimmen dem Punkt zu (1\xa0Antwort).".replace("\xa0", " ")
    assert page.words(".lead").replace("\xa0", " ").startswith(said)


async def test_what_is_not_public_is_not_counted(browser, make, ended):
    before = (await browser.get("/punkte/E2/ergebnis")).words()
    for status in ("pending", "rejected", "hidden", "withdrawn"):
        await make.vote(await make.comment(ended.thread, status=status))

    assert (await browser.get("/punkte/E2/ergebnis")).words() == before


async def test_after_the_end_everyone_sees_what_stands_out(browser, make, ended):
    liked = await voted(make, ended.thread, 6, 0, 0)
    split = await voted(make, ended.thread, 4, 1, 4)
    await voted(make, ended.thread, 0, 0, 2)
    reply = await voted(make, ended.thread, 9, 0, 0, parent_id=liked.id)

    page = await browser.get("/punkte/E2/ergebnis")

    assert ranks(page, "einig") == [liked.number]
    assert ranks(page, "strittig") == [split.number]
    assert ranks(page, "viele")[:2] == [split.number, liked.number]
    assert reply.number not in page.text
    table = {row[0]: row[1:] for row in rows(page, "abstimmung")}
    assert (table[liked.number], table[split.number]) == (["6", "0", "0", "6"], ["4", "1", "4", "9"])


async def test_while_it_runs_one_sees_the_votes_on_what_one_voted_on(make, new_browser):
    point, person = await make.point(code="E3"), await make.citizen()
    mine = await voted(make, point.thread, 5, 0, 0)
    other = await voted(make, point.thread, 7, 0, 0)
    await make.vote(mine, person)
    guest, voter, stranger = new_browser(), new_browser(), new_browser()
    await voter.sign_in(person)
    await stranger.sign_in(await make.citizen())

    pages = [await each.get("/punkte/E3/ergebnis") for each in (guest, voter, stranger)]

    assert [ranks(page, "einig") for page in pages] == [[], [mine.number], []]
    assert [other.number in page.text for page in pages] == [False] * 3
    assert "sobald Sie selbst darüber abgestimmt haben" in pages[0].words()
    assert "nur Beiträge, über die Sie selbst abgestimmt haben" in pages[1].words()


async def test_while_it_runs_stances_are_shown_to_who_answered(make, new_browser):
    point, person = await make.point(code="E3"), await make.citizen()
    await make.stance(point.thread)
    guest, answered = new_browser(), new_browser()
    await answered.sign_in(person)

    before = await answered.get("/punkte/E3/ergebnis")
    await make.stance(point.thread, person, value=-1)
    pages = [await each.get("/punkte/E3/ergebnis") for each in (guest, answered)]

    assert "100" not in before.words(".lead")
    assert [bool(page.select("section[aria-labelledby=haltung] table")) for page in pages] == [False, True]
    assert rows(pages[1], "haltung")[1:] == [
        ["Zustimmung", "1", "50 %"],
        ["neutral", "0", "0 %"],
        ["Ablehnung", "1", "50 %"],
    ]


@pytest.mark.parametrize("ends", [-1, 3])
async def test_sealed_nobody_sees_a_vote_a_stance_or_their_number(make, new_browser, owner, ends):
    today = clock.today()
    dates = {"starts_on": today - timedelta(days=9), "ends_on": today + timedelta(days=ends)}
    point = await make.point(
        await make.consultation(sealed_until=clock.now() + timedelta(days=5), **dates), code="E4"
    )
    person = await make.person("panelist", "moderator", "admin")
    comment = await make.comment(point.thread)
    await make.vote(comment, person)
    await make.stance(point.thread, person)
    browser = new_browser()
    await browser.sign_in(person)
    seen = [
        (await browser.get("/punkte/E4/ergebnis")).words(),
        (await browser.get("/punkte/E4/ergebnis.csv")).text,
    ]

    await owner.execute("DELETE FROM votes; DELETE FROM stances")

    page = await browser.get("/punkte/E4/ergebnis")
    assert seen == [page.words(), (await browser.get("/punkte/E4/ergebnis.csv")).text]
    assert "Stimmen und Haltungen bleiben bis zum" in page.words(".lead")
    assert list(large(page)) == ["Mensch", "Beitrag"]


async def test_days_are_those_of_berlin_and_empty_ones_belong_to_them(browser, make, ended, database):
    evening, later = datetime(2026, 3, 1, 22, 30, tzinfo=UTC), datetime(2026, 3, 3, 23, 30, tzinfo=UTC)
    first = await make.comment(ended.thread, published_at=evening)
    await make.comment(ended.thread, published_at=later)
    await make.vote(first)
    async with database.writing() as db:
        await db.execute(update(Vote).values(cast_at=evening + timedelta(hours=2)))

    page = await browser.get("/punkte/E2/ergebnis")

    assert rows(page, "verlauf") == [
        ["Tag", "Beiträge", "Stimmen"],
        ["01.03.2026", "1", "0"],
        ["02.03.2026", "0", "1"],
        ["04.03.2026", "1", "0"],
    ]
    assert [rect["x"] for rect in page.select(".days rect")] == ["1", "31", "11"]


async def test_the_citys_answers_stand_there(browser, make, ended):
    comment = await make.comment(ended.thread)
    without = await browser.get("/punkte/E2/ergebnis")
    values = {"outcome": "adopted", "reasons": "Gute Idee.", "before": "Alt.", "after": "Neu."}
    await make.row(Response, comment_id=comment.id, point_id=ended.id, published_at=clock.now(), **values)

    page = await browser.get("/punkte/E2/ergebnis")

    assert "Noch gibt es keine." in without.words("section[aria-labelledby=antworten]")
    assert "Gute Idee." in page.words("section[aria-labelledby=antworten]")


async def test_each_result_says_that_it_is_not_representative(browser, make, ended):
    await voted(make, ended.thread, 3, 1, 2)
    await make.stance(ended.thread)

    page = await browser.get("/punkte/E2/ergebnis")

    said = "So antworten die, die mitgemacht haben. Es ist kein repräsentatives Bild der Stadt."
    for section in ("haltung", "abstimmung", "verlauf"):
        assert said in page.words(f"section[aria-labelledby={section}]")


@pytest.mark.parametrize(
    ("starts", "ends", "words"),
    [
        (3, 9, "Die Beteiligung beginnt am"),
        (-3, 9, "Noch hat sich niemand geäußert."),
        (-9, -3, "Zu diesem Punkt hat sich niemand geäußert."),
    ],
)
async def test_without_anything_a_sentence_says_so(browser, make, starts, ends, words):
    today = clock.today()
    dates = {"starts_on": today + timedelta(days=starts), "ends_on": today + timedelta(days=ends)}
    await make.point(await make.consultation(**dates), code="E5")

    page = await browser.get("/punkte/E5/ergebnis")

    assert page.words(".lead").startswith(words)
    assert page.select("figure, table") == []


async def test_results_of_a_circle_are_for_its_members(make, new_browser):
    member = await make.citizen()
    circle = await make.circle(member)
    point = await make.point(await make.consultation(circle_id=circle.id), code="E6")
    await make.vote(await make.comment(point.thread), member)
    browser = new_browser()
    await browser.sign_in(member)

    for page in ("ergebnis", "ergebnis.csv"):
        assert (await new_browser().get(f"/punkte/E6/{page}")).status == 404
        assert (await browser.get(f"/punkte/E6/{page}")).status == 200
    assert large(await browser.get("/punkte/E6/ergebnis"))["Stimme zu Beiträgen"] == "1"


async def test_the_numbers_come_as_a_table_for_spreadsheets(browser, make, ended):
    comment = await voted(make, ended.thread, 2, 0, 1)
    await make.stance(ended.thread)

    page = await browser.get("/punkte/E2/ergebnis.csv")

    assert page.headers["content-disposition"] == 'attachment; filename="E2-ergebnis.csv"'
    assert page.headers["content-type"] == "text/csv; charset=utf-8"
    table = list(csv.reader(io.StringIO(page.text.removeprefix("\ufeff"), newline=""), delimiter=";"))
    day = (clock.now() - timedelta(days=1)).astimezone(clock.BERLIN).date().isoformat()
    assert [[unguard(cell) for cell in row] for row in table if row[0] != "tag"] == [
        ["art", "wozu", "menschen", "beitraege", "stimmen", "zustimmung", "neutral", "ablehnung"],
        ["herkunft", "account", "5", "1", "3", "", "", ""],
        ["haltung", "zum Punkt", "1", "", "", "1", "0", "0"],
        ["beitrag", comment.number, "", "", "3", "2", "0", "1"],
    ]
    assert next(row for row in table if row[:2] == ["tag", day])[3] == "1"


async def test_while_it_runs_the_table_has_neither_stances_nor_votes_on_contributions(browser, make):
    point = await make.point(code="E3")
    comment = await voted(make, point.thread, 2, 0, 1)
    await make.stance(point.thread)

    page = await browser.get("/punkte/E3/ergebnis.csv")

    assert {row.split(";")[0] for row in page.text.removeprefix("\ufeff").splitlines()} == {
        '"art"',
        '"herkunft"',
        '"tag"',
    }
    assert comment.number not in page.text


async def test_a_comment_hidden_since_the_tallies_were_counted_is_not_shown(browser, make, ended, database):
    comment = await voted(make, ended.thread, 6, 0, 0, text="Zwiebelkuchen")
    await browser.get("/punkte/E2/ergebnis")
    async with database.writing() as db:
        await db.execute(update(Comment).values(status="hidden", unpublished_at=clock.now()))

    page = await browser.get("/punkte/E2/ergebnis")

    assert comment.number not in page.text
    assert "Zwiebelkuchen" not in page.text
