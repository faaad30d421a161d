"""What the pages around the dialogue say: only what is true of this consultation, and numbers with their warning."""

from datetime import timedelta

import pytest

from dialogue.kit import clock

NOTE = "Mitgemacht hat, wer wollte"


@pytest.fixture
async def ended(make):
    """A consultation that is over, with one point and one contribution."""
    today = clock.today()
    dates = {"starts_on": today - timedelta(days=9), "ends_on": today - timedelta(days=2)}
    consultation = await make.consultation(attribution="Daten: Polis-Export", **dates)
    point = await make.point(consultation, area_id=(await make.area()).id)
    await make.comment(point.thread)
    return consultation, point


async def test_where_nobody_could_answer_a_point_no_answers_are_shown(browser, make, ended):
    consultation, point = ended
    shown = await browser.get(f"/beteiligung/{consultation.slug}")
    at_point = await browser.get(f"/punkte/{point.code}")
    await make.stance(point.thread)
    answered = await browser.get(f"/beteiligung/{consultation.slug}")

    assert [len(page.select("#haltungen")) for page in (shown, answered)] == [0, 1]
    assert at_point.select("#haltung") == []


async def test_an_ended_consultation_invites_nobody(browser, make, ended):
    running = await make.consultation()
    texts = [(await browser.get(f"/beteiligung/{each.slug}")).words() for each in (ended[0], running)]

    invitations = ("Mitmachen dürfen alle", "Beiträge erscheinen", "Menschen machen mit", "noch ")
    assert [[words in text for words in invitations] for text in texts] == [
        [False, False, False, False],
        [True, True, False, True],
    ]


async def test_the_strategy_says_of_each_point_whether_one_can_join_in(browser, make, ended):
    running = await make.consultation()
    await make.point(running, area_id=(await make.area()).id)

    page = await browser.get("/strategie")

    until = running.ends_on.strftime("%d.%m.%Y")
    said = [
        meta.get_text(" ", strip=True).partition(" 1 Beitrag")[0] for meta in page.select(".points__meta")
    ]
    assert [words.split(" 0 Beiträge")[0] for words in said] == [
        "Beteiligung beendet",
        f"Mitreden bis {until}",
    ]


async def test_numbers_say_once_who_took_part_and_other_pages_do_not(browser, make, ended):
    consultation, point = ended
    await make.stance(point.thread)
    numbers = ["/beteiligung", f"/beteiligung/{consultation.slug}", f"/punkte/{point.code}"]
    others = ["/netiquette", "/konto/anmelden", "/punkte/XYZ9"]

    said = [(await browser.get(page)).text.count(NOTE) for page in numbers + others]

    assert said == [1, 1, 1, 0, 0, 0]


async def test_terms_have_an_edition_and_the_accessibility_statement_a_german_date(browser, make):
    terms = await make.terms()
    pages = [await browser.get(page) for page in ("/teilnahmebedingungen", "/barrierefreiheit")]

    assert [page.words(".prose").endswith(f"Fassung {terms.version}") for page in pages] == [True, False]
    assert pages[1].words(".prose").endswith("Stand: 21. November 2026")
