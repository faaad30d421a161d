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
