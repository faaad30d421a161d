"""The Netiquette: which version holds where, and that a decision names no other."""

from datetime import timedelta

import pytest

from dialogue.kit import clock
from moderation.tables import Rule, Rulebook, ThreadRulebook

REASONS = "Bitte lassen Sie die Beleidigung weg, dann gern noch einmal."


@pytest.fixture
def book(make):
    """A version of the Netiquette with one rule of the same name."""

    async def made(version, **days):
        valid_from = clock.now() + timedelta(**days)
        values = {"version": version, "title": f"Netiquette {version}", "intro": "", "valid_from": valid_from}
        rulebook = await make.row(Rulebook, **values)
        texts = {"text": "", "easy": "", "reason": ""}
        rulebook.rule = await make.row(
            Rule, rulebook_id=rulebook.id, number=1, title=f"Regel {version}", **texts
        )
        return rulebook

    return made


async def offered(browser, comment):
    page = await browser.get(f"/moderation/{comment.number}")
    return [" ".join(rule.get_text(" ").split()) for rule in page.select(".rules__one")]


async def reject(browser, comment, rule):
    values = {"decision": "reject", "revision": comment.revision, "rule": rule.id, "reasons": REASONS}
    return await browser.post(f"/moderation/{comment.number}/entscheiden", **values)


async def test_the_newest_version_that_is_in_force_holds(browser, make, book):
    await book("1.0", days=-9)
    await book("2.0", days=-1)
    await book("3.0", days=1)
    await browser.sign_in(await make.moderator())

    assert (await browser.get("/netiquette")).words("h1") == "Netiquette 2.0"
    assert await offered(browser, await make.comment(status="pending")) == ["1 Regel 2.0"]


async def test_a_thread_keeps_the_version_it_has_chosen(browser, make, book):
    old, new = await book("1.0", days=-9), await book("2.0", days=-1)
    comment = await make.comment(status="pending")
    await make.row(ThreadRulebook, thread_id=comment.thread_id, rulebook_id=old.id)
    await browser.sign_in(await make.moderator())

    assert await offered(browser, comment) == ["1 Regel 1.0"]
    assert [(await reject(browser, comment, rule)).status for rule in (new.rule, old.rule)] == [422, 200]


@pytest.mark.parametrize("days", [-9, 9])
async def test_no_decision_names_a_rule_that_is_not_in_force(browser, make, book, days):
    other, _ = await book("other", days=days), await book("in force", days=-1)
    comment = await make.comment(status="pending")
    await browser.sign_in(await make.moderator())

    page = await reject(browser, comment, other.rule)

    assert page.status == 422
    assert "Bitte wählen Sie die Regel, um die es geht." in page.words(".errors")
    assert page.one("textarea[name=reasons]").text.strip() == REASONS


async def test_without_a_netiquette_the_page_says_so(browser, database):
    assert (await browser.get("/netiquette")).words("main h2") == "Noch keine Regeln"


async def test_a_paragraph_shows_number_title_text_and_easy_language(browser, make):
    await make.rule(number=7, title="Respekt", text="Bleiben Sie freundlich.", easy="Seien Sie nett.")

    paragraph = (await browser.get("/netiquette")).one("#regel-7")

    assert (paragraph["value"], paragraph.h2.text) == ("7", "Respekt")
    assert paragraph.select_one(".flow").text.strip() == "Bleiben Sie freundlich."
    assert paragraph.select_one("details .easy").text.strip() == "Seien Sie nett."


async def test_all_versions_are_listed_and_each_can_be_read(browser, database, book):
    for version, days in (("1.0", -9), ("2.0", -1), ("3.0", 1)):
        await book(version, days=days)

    page = await browser.get("/netiquette")
    links = [str(link["href"]) for link in page.select("[aria-labelledby=fassungen] a")]
    seen = [await browser.get(link) for link in links]

    assert links == ["/netiquette?fassung=2.0", "/netiquette?fassung=1.0"]
    assert [page.words("h1") for page in seen] == ["Netiquette 2.0", "Netiquette 1.0"]
    assert [page.words(".paragraphs h2") for page in seen] == ["Regel 2.0", "Regel 1.0"]
    assert [page.words(".top .aside-note") for page in seen] == [
        "",
        "Das ist die frühere Fassung 1.0. Zur heutigen Fassung",
    ]
    assert (await browser.get("/netiquette?fassung=3.0")).status == 404


async def test_what_was_decided_leads_to_the_rule_in_its_version(browser, new_browser, make, book):
    author = await make.citizen()
    old = await book("1.0", days=-9)
    comment = await make.comment(author=author, status="pending")
    await browser.sign_in(await make.moderator())
    await reject(browser, comment, old.rule)
    await book("2.0", days=0)
    reader = new_browser()
    await reader.sign_in(author)

    told = (await reader.get(f"/beitraege/{comment.number}")).one(
        "[aria-label='Entscheidung der Moderation']"
    )
    link = told.select_one("a[href^='/netiquette']")

    assert (link["href"], link.text) == (
        "/netiquette?fassung=1.0#regel-1",
        "Regel 1: Regel 1.0 (Netiquette, Fassung 1.0)",
    )
    assert (await reader.get(link["href"])).one("#regel-1").h2.text == "Regel 1.0"
