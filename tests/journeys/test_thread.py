"""Cards and the thread in a real browser: on a phone, with keys, in place, and without a script the same."""

import itertools
from datetime import timedelta

import pytest
from playwright.async_api import Page, expect

from dialogue.kit import clock
from tests.house.test_budgets import fill

CODES = (f"T{n}" for n in itertools.count(1))
LATER = {"ends_on": clock.today() + timedelta(days=400)}  # the start page asks for what ends first


@pytest.fixture
async def cards(make):
    """A consultation of its own with twelve contributions, and the address of its cards."""
    point = await make.point(await make.consultation(**LATER), code=next(CODES))
    comments = [await make.comment(point.thread, text=f"Vorschlag {n}: bitte auch so.") for n in range(12)]
    for comment in comments:
        await make.vote(comment, value=-1)
    return f"/beteiligung/{point.consultation.slug}/karten"


async def heading(page: Page) -> str:
    return await page.locator(".deck h2").inner_text()


async def moved_on(page: Page, before: str) -> None:
    await expect(page.locator(".deck h2")).not_to_have_text(before)


async def test_on_a_phone_of_320_pixels_a_citizen_votes_card_by_card(visit, make, cards):
    page = await visit(await make.citizen(), width=320, has_touch=True)
    await page.goto(cards.removesuffix("/karten"))
    await page.get_by_role("link", name="Beitrag für Beitrag abstimmen").tap()
    await expect(page.locator(".deck__progress b")).to_have_text("0 von 12")

    for number, name in enumerate(["Stimme zu", "Neutral", "Stimme nicht zu"] * 3 + ["Stimme zu"], 1):
        button = page.get_by_role("button", name=name, exact=True)
        box = await button.bounding_box()
        assert (box["height"] >= 60, box["width"] >= 240) == (True, True)
        before = await heading(page)
        await button.tap()
        await moved_on(page, before)
        await expect(page.locator(".deck__progress b")).to_have_text(f"{number} von 12")
        assert await page.evaluate("document.documentElement.scrollWidth") == 320

    await expect(page.get_by_role("heading", name="Danke! Das waren 10 Stimmen.")).to_be_focused()
    await expect(page.locator(".deck__last .tally")).to_contain_text("50 % Zustimmung")
    await page.get_by_role("link", name="Weiter abstimmen").tap()
    for _ in range(2):
        before = await heading(page)
        await page.get_by_role("button", name="Neutral").tap()
        await moved_on(page, before)
    assert await heading(page) == "Sie haben alle bewertet"
    await expect(page.locator("kbd")).to_have_count(1)
    await expect(page.locator("kbd")).to_be_hidden()


async def test_with_keys_one_votes_skips_and_takes_back(visit, make, cards):
    page = await visit(await make.citizen())
    await page.goto(cards)
    first = await heading(page)
    await page.keyboard.press("1")
    await moved_on(page, first)
    second = await heading(page)
    await expect(page.locator("#gesagt")).to_have_text("Gezählt: Zustimmung. 1 von 12")
    await expect(page.locator(".deck h2")).to_be_focused()

    await page.keyboard.press("z")
    await expect(page.locator(".deck h2")).to_have_text(first)
    await expect(page.locator(".deck__progress b")).to_have_text("0 von 12")
    await page.keyboard.press("3")
    await moved_on(page, first)
    skipped = await heading(page)
    await page.keyboard.press("s")
    await moved_on(page, skipped)
    third = await heading(page)
    for key in ("Control+2", "Alt+2"):
        await page.keyboard.press(key)
    await page.get_by_label("Tasten benutzen").uncheck()
    await page.keyboard.press("2")
    await page.reload()
    await page.keyboard.press("2")

    assert second != first
    assert await heading(page) == third
    await expect(page.locator(".deck__progress b")).to_have_text("1 von 12")
    await expect(page.locator(".deck__choices kbd").first).to_be_hidden()


async def test_coming_back_to_the_cards_one_finds_the_same_one(visit, make, cards):
    page = await visit(await make.citizen())
    await page.goto(cards)
    first = await heading(page)
    await page.get_by_role("button", name="Neutral").click()
    await moved_on(page, first)
    second = await heading(page)
    await page.locator(".deck__point a").click()
    await page.wait_for_url("**/punkte/*")
    await page.go_back()

    assert await heading(page) == second
    await expect(page.locator(".deck__last")).to_contain_text(first.removeprefix("Beitrag "))


async def test_a_card_after_the_session_ended_leads_to_signing_in(visit, make, cards):
    page = await visit(await make.citizen(), refusals=(401,))
    await page.goto(cards)
    await page.context.clear_cookies()
    await page.get_by_role("button", name="Neutral").click()

    await expect(page.get_by_role("alert")).to_contain_text("Anmelden")


async def test_without_javascript_the_cards_are_pages(visit, make, cards):
    page = await visit(await make.citizen(), java_script_enabled=False)
    await page.goto(cards)
    first = await heading(page)
    await page.get_by_role("button", name="Überspringen").click()
    await page.get_by_role("button", name="Stimme nicht zu").click()

    assert await heading(page) != first
    await expect(page.locator(".deck__last")).to_contain_text("Ablehnung")
    await page.get_by_role("button", name="Zurücknehmen").click()
    await expect(page.locator(".deck__progress b")).to_have_text("0 von 12")


async def test_replies_and_further_contributions_unfold_where_one_reads(visit, make, database):
    point = await make.point(await make.consultation(**LATER), code=next(CODES))
    await fill(database, point.thread, await make.person(), 55)
    parent = await make.comment(point.thread, published_at=clock.now())
    for n in range(12):
        await make.comment(point.thread, parent_id=parent.id, text=f"Antwort {n + 1}")
    page = await visit(await make.citizen())
    await page.goto(f"/punkte/{point.code}?sort=newest")
    articles = page.get_by_role("article")
    await expect(articles).to_have_count(53)

    await page.get_by_role("link", name="Alle 12 Antworten zeigen").click()
    await expect(articles).to_have_count(62)
    await expect(page.get_by_text("9 weitere Antworten")).to_be_focused()
    await expect(page.locator(".replies .comment__text")).to_have_text(
        [f"Antwort {n + 1}" for n in range(12)]
    )

    await page.get_by_role("link", name="Weitere Beiträge").click()
    await expect(articles).to_have_count(68)
    await articles.last.get_by_role("button", name="Neutral").click()
    await expect(articles.last.get_by_role("button", name="Neutral")).to_have_attribute(
        "aria-pressed", "true"
    )
    assert page.url.endswith("?sort=newest")


async def test_a_link_is_copied(visit, make):
    comment = await make.comment(
        (await make.point(await make.consultation(**LATER), code=next(CODES))).thread
    )
    page = await visit(permissions=["clipboard-read", "clipboard-write"])
    await page.goto(f"/beitraege/{comment.number}")
    address = page.url

    await page.get_by_role("link", name="Link", exact=True).click()

    await expect(page.get_by_role("status").filter(has_text="Link kopiert")).to_have_count(1)
    assert await page.evaluate("navigator.clipboard.readText()") == address
    assert page.url == address
