"""The guard in a real browser: told while typing, blacked out with one press, and the same without a script."""

import itertools

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from dialogue.kit import clock
from dialogue.tables import Comment
from tests.journeys.test_pages import beyond_the_edge, findings

CODES = (f"G{n}" for n in itertools.count(1))
TEXT = "Bitte melden Sie sich: 0345 123 45 67.\n\nDanke!"
TITLE = "Steht hier etwas Persönliches?"


@pytest.fixture
async def address(make):
    ends = clock.today().replace(
        year=clock.today().year + 2, day=1
    )  # the start page asks for what ends first
    point = await make.point(await make.consultation(ends_on=ends), code=next(CODES))
    return f"/faden/{point.thread_id}/schreiben"


async def stored(database, page: Page) -> str:
    await expect(page.get_by_role("heading", level=1)).to_have_text("Danke, Ihr Beitrag ist angekommen")
    number = await page.locator(".receipt__number").inner_text()
    async with database.reading() as db:
        return (await db.execute(select(Comment.text).where(Comment.number == number.strip()))).scalar_one()


async def test_while_typing_one_is_told_and_blacks_out_with_one_press(visit, make, database, address):
    page = await visit(await make.citizen())
    await page.goto(address)
    area = page.get_by_label("Ihr Beitrag")
    await area.press_sequentially(TEXT)
    await expect(page.locator("#hinweise .kern-title")).to_have_text(TITLE)
    await expect(page.locator("#hinweise li")).to_have_text(
        "„0345 123 45 67“: Sieht aus wie eine Telefonnummer"
    )
    assert await page.locator("#hinweise").get_attribute("aria-live") == "polite"
    await expect(area).to_be_focused()

    await page.get_by_role("button", name="Stellen schwärzen").click()
    await expect(area).to_have_value("Bitte melden Sie sich: [geschwärzt].\n\nDanke!")
    await expect(area).to_be_focused()
    await expect(page.locator("#text-spoken")).to_have_text("Die Stellen sind geschwärzt.")
    await page.keyboard.type(" Bis bald.")
    await page.wait_for_timeout(900)
    await expect(page.locator("#hinweise .kern-title")).to_have_count(0)
    await page.get_by_role("button", name="Absenden").click()

    assert await stored(database, page) == "Bitte melden Sie sich: [geschwärzt].\n\nDanke! Bis bald."


async def test_only_the_text_goes_out_and_an_older_question_is_given_up(visit, make, address):
    page = await visit(await make.citizen())
    sent = []
    page.on("request", lambda request: sent.append(request) if "hinweise" in request.url else None)
    await page.goto(address)
    await page.get_by_role("radio", name="neutral").check()
    await page.get_by_label("Ihr Beitrag").press_sequentially("Mail an erna@example.org", delay=20)
    await expect(page.locator("#hinweise mark")).to_have_text("erna@example.org")

    assert [request.post_data for request in sent] == ["text=Mail+an+erna%40example.org"]


async def test_one_may_send_it_on_purpose_or_go_on_editing(visit, make, database, address):
    page = await visit(await make.citizen())
    await page.goto(address)
    await page.get_by_label("Ihr Beitrag").fill(TEXT)
    await page.get_by_label("Ihr Beitrag").fill("Doch lieber ohne.")
    await page.wait_for_timeout(900)
    await expect(page.locator("#hinweise .kern-title")).to_have_count(0)
    await page.get_by_label("Ihr Beitrag").fill(TEXT)
    await page.get_by_role("button", name="Trotzdem so senden").click()

    assert await stored(database, page) == TEXT


async def test_a_text_too_long_to_look_at_breaks_nothing(visit, make, address):
    page = await visit(await make.citizen(), refusals=(413, 422))
    await page.goto(address)
    for wall in ("ä" * 5001, "a" * 300_000):
        async with page.expect_response("**/hinweise") as answered:
            await page.get_by_label("Ihr Beitrag").fill(wall)
        assert (await answered.value).status in {413, 422}
        await expect(page.get_by_label("Ihr Beitrag")).to_have_value(wall)
    await page.get_by_label("Ihr Beitrag").fill(TEXT)
    await expect(page.locator("#hinweise .kern-title")).to_have_text(TITLE)


@pytest.mark.parametrize("width", [320, 1280])
async def test_without_a_script_the_warning_is_a_step_of_its_own(visit, make, database, address, width):
    page = await visit(await make.citizen(), refusals=(422,), width=width, java_script_enabled=False)
    await page.goto(address)
    await page.get_by_label("Ihr Beitrag").fill(TEXT)
    await page.get_by_role("radio", name="Ablehnung").check()
    await page.get_by_role("button", name="Absenden").click()
    await expect(page.locator(".guard .kern-title")).to_have_text(TITLE)
    await expect(page.locator(".guard mark")).to_have_text("0345 123 45 67")
    await expect(page.locator(".guard")).to_be_focused()

    await page.get_by_role("button", name="Stellen schwärzen").click()
    await expect(page.get_by_label("Ihr Beitrag")).to_have_value(
        "Bitte melden Sie sich: [geschwärzt].\n\nDanke!"
    )
    await expect(page.get_by_role("radio", name="Ablehnung")).to_be_checked()
    await page.get_by_role("button", name="Absenden").click()

    assert await stored(database, page) == "Bitte melden Sie sich: [geschwärzt].\n\nDanke!"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_what_appears_while_typing_is_accessible_and_fits_a_phone(visit, make, address, scheme):
    page = await visit(await make.citizen(), width=320, color_scheme=scheme)
    await page.goto(address)
    await page.get_by_label("Ihr Beitrag").fill(f"{TEXT} {'a' * 60}@{'b' * 60}.example")
    await expect(page.locator("#hinweise .kern-title")).to_have_text(TITLE)
    await page.get_by_text("Die Stellen im Text").click()

    assert await beyond_the_edge(page, 320) == []
    assert await findings(page, scheme) == []
