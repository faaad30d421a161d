"""The moderators' tool in a real browser: by keys alone, in place, and without a script the same."""

import itertools
from datetime import timedelta

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from dialogue.kit import clock
from dialogue.tables import Comment
from moderation.tables import Decision
from tests.house.test_budgets import fill

HUNDRED = 100
CODES = (f"M{n}" for n in itertools.count(1))
LATER = {"ends_on": clock.today() + timedelta(days=400)}  # the start page asks for what ends first


@pytest.fixture
async def point(make):
    """A point of its own: the queue of the demonstration is not empty."""
    return await make.point(await make.consultation(**LATER), code=next(CODES))


@pytest.fixture
async def desk(visit, make):
    """A moderator's window with keys switched on."""
    page = await visit(await make.moderator(), refusals=(409, 422))
    await page.goto("/moderation/tasten")
    await page.evaluate("localStorage.setItem('keys', 'on')")
    return page


async def opened(page: Page, address: str) -> None:
    """The page, with its scripts at work."""
    await page.goto(address)
    await page.wait_for_load_state("networkidle")


async def decided(page: Page, number: str) -> None:
    await expect(page.locator("#gesagt")).to_contain_text(f"Beitrag {number} ")
    await expect(page.locator("main h1")).to_be_focused()


async def number_of(page: Page) -> str:
    heading = await page.locator("main h1").inner_text()
    return heading.removeprefix("Beitrag ").removesuffix(" prüfen")


async def decisions_in(database, thread) -> list[str]:
    query = select(Decision.decision).join(Comment, Comment.id == Decision.comment_id)
    async with database.reading() as db:
        return list(await db.scalars(query.where(Comment.thread_id == thread.id).order_by(Decision.id)))


async def test_a_hundred_are_cleared_by_keys_alone_with_one_request_each(desk, make, point, database):
    await fill(database, point.thread, await make.person(), HUNDRED, "pending")
    await opened(desk, f"/moderation?punkt={point.thread.id}")
    await desk.keyboard.press("j")  # the first of the list
    await expect(desk.locator("form.decide")).to_be_visible()
    await desk.wait_for_load_state("networkidle")
    asked: list[str] = []
    desk.on("request", lambda request: asked.append(f"{request.method} {request.url.rpartition('/')[2]}"))

    for at in range(HUNDRED):
        number = await number_of(desk)
        for key in ["v"] if at % 4 else ["1", "a"]:
            await desk.keyboard.press(key)
        await decided(desk, number)

    assert await desk.locator("main h1").inner_text() == "Moderation"
    assert asked == [f"POST entscheiden?punkt={point.thread.id}"] * HUNDRED
    made = await decisions_in(database, point.thread)
    assert made == ["publish" if at % 4 else "reject" for at in range(HUNDRED)]


async def test_the_address_follows_and_the_way_back_is_there(desk, make, point):
    first, second = [await make.comment(point.thread, status="pending", text=f"Text {n}") for n in (1, 2)]
    await opened(desk, f"/moderation/{first.number}?punkt={point.thread.id}")

    await desk.keyboard.press("v")
    await decided(desk, first.number)

    assert desk.url.endswith(f"/moderation/{second.number}?punkt={point.thread.id}")
    assert (await desk.title()).startswith(f"Beitrag {second.number} prüfen")
    await desk.reload()
    await expect(desk.locator(".case__text")).to_have_text("Text 2")
    await desk.go_back()
    await expect(desk.locator("main h1")).to_have_text(f"Beitrag {first.number} prüfen")


async def test_keys_do_nothing_while_one_types_or_holds_another_key(desk, make, point, database):
    comment = await make.comment(point.thread, status="pending")
    await opened(desk, f"/moderation/{comment.number}")

    await desk.locator("#reasons").press_sequentially("va1bgs")
    for key in ("Control+v", "Alt+a", "Meta+v"):
        await desk.locator("main").press(key)
    await desk.locator("main").press("x")

    assert await desk.locator("#reasons").input_value() == "va1bgs"
    assert await desk.locator("input[name=rule]:checked").count() == 0
    assert await decisions_in(database, point.thread) == []


async def test_a_no_is_shown_in_place_with_what_was_typed(desk, make, point, database):
    comment = await make.comment(point.thread, status="pending")
    await opened(desk, f"/moderation/{comment.number}?punkt={point.thread.id}")
    await desk.locator("#reasons").fill("Nur kurz.")

    await desk.locator("#nein").click()
    await desk.keyboard.press("a")

    await expect(desk.get_by_role("alert")).to_be_focused()
    await expect(desk.locator("#reasons")).to_have_value("Nur kurz.")
    await desk.keyboard.press("1")
    await desk.locator("#reasons").fill("Nicht mehr nur kurz, sondern lang genug.")
    await desk.locator("#reasons").press("Tab")
    await desk.keyboard.press("a")
    await decided(desk, comment.number)
    assert await decisions_in(database, point.thread) == ["reject"]


async def test_who_comes_second_goes_on_to_the_next_case(desk, visit, make, point, database):
    first, second, third = [await make.comment(point.thread, status="pending") for _ in range(3)]
    await opened(desk, f"/moderation/{first.number}?punkt={point.thread.id}")
    faster = await visit(await make.moderator())
    await opened(faster, f"/moderation/{first.number}?punkt={point.thread.id}")
    await faster.get_by_role("button", name="Veröffentlichen und weiter").click()
    await expect(faster.locator("#gesagt")).to_contain_text(first.number)

    await desk.keyboard.press("v")

    await expect(desk.locator("main h1")).to_have_text("Inzwischen hat sich etwas geändert")
    await expect(desk.locator("main h1")).to_be_focused()
    await desk.get_by_role("link", name="Weiter zum nächsten Beitrag").click()
    await expect(desk.locator("main h1")).to_have_text(f"Beitrag {third.number} prüfen")
    await expect(faster.locator("main h1")).to_have_text(f"Beitrag {second.number} prüfen")
    assert await decisions_in(database, point.thread) == ["publish"]


SELECT = """(words) => {
    const node = document.querySelector(".case__text").firstChild;
    const range = document.createRange(), at = node.textContent.indexOf(words);
    range.setStart(node, at);
    range.setEnd(node, at + words.length);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
}"""


async def test_marked_words_are_blacked_out_by_keys_and_shown_before(desk, make, point, database):
    text = "Fragen Sie Frau Beispiel aus dem Amt, Frau Beispiel weiß es."
    comment = await make.comment(point.thread, status="pending", text=text)
    await opened(desk, f"/moderation/{comment.number}?punkt={point.thread.id}")

    await desk.evaluate(SELECT, "Frau Beispiel")
    await desk.keyboard.press("s")

    await expect(desk.locator("#places")).to_have_value("Frau Beispiel")
    await expect(desk.locator("#preview")).to_have_text(
        "Fragen Sie [geschwärzt] aus dem Amt, [geschwärzt] weiß es."
    )
    await desk.keyboard.press("1")
    await desk.keyboard.press("g")
    await decided(desk, comment.number)
    async with database.reading() as db:
        stored = (await db.execute(select(Comment.text).where(Comment.id == comment.id))).scalar_one()
    assert stored == "Fragen Sie [geschwärzt] aus dem Amt, [geschwärzt] weiß es."


async def test_with_j_and_k_one_walks_the_list_and_a_question_mark_explains(desk, make, point):
    now = clock.now()
    waiting = [
        await make.comment(point.thread, status="pending", created_at=now - timedelta(hours=9 - n))
        for n in range(3)
    ]
    await opened(desk, f"/moderation?punkt={point.thread.id}")

    seen = []
    for key in ("j", "j", "j", "k"):
        await desk.keyboard.press(key)
        await desk.wait_for_load_state()
        await expect(desk.locator("form.decide")).to_be_visible()
        seen.append(await number_of(desk))
    await desk.keyboard.press("?")

    assert seen == [waiting[at].number for at in (0, 1, 2, 1)]
    await expect(desk.locator("main h1")).to_have_text("Tasten in der Moderation")


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without a script"])
async def test_many_are_chosen_looked_at_and_decided(visit, make, point, database, script):
    for n in range(3):
        await make.comment(point.thread, status="pending", text=f"Werbung {n}")
    page = await visit(await make.moderator(), java_script_enabled=script)
    await page.goto(f"/moderation?punkt={point.thread.id}")
    if script:
        await page.get_by_label("Alle auf dieser Seite auswählen").check()
    else:
        for box in await page.locator("[name=beitrag]").all():
            await box.check()

    await page.get_by_role("button", name="Ausgewählte gemeinsam entscheiden").click()
    await expect(page.locator("main h1")).to_have_text("3 Beiträge gemeinsam entscheiden")
    await page.get_by_label("Werbung 1").uncheck()
    await page.locator("input[name=rule]").first.check()
    reasons = page.get_by_label("Begründung an alle Autorinnen und Autoren")
    if not script:
        await reasons.fill("Das ist Werbung, und die gehört nicht hierher.")
    await expect(reasons).not_to_be_empty()
    await page.get_by_role("button", name="ablehnen").click()

    await expect(page.locator("main h1")).to_have_text("2 Beiträge abgelehnt")
    assert await decisions_in(database, point.thread) == ["reject"] * 2
    await page.get_by_role("link", name="Weiter zum nächsten Beitrag").click()
    await expect(page.locator(".case__text")).to_have_text("Werbung 1")


async def test_a_session_that_ended_leads_to_signing_in_with_the_text_kept(visit, make, point):
    comment = await make.comment(point.thread, status="pending")
    page = await visit(await make.moderator(), refusals=(401,))
    await page.goto(f"/moderation/{comment.number}")
    await page.locator("#reasons").fill("Diese Begründung soll nicht verloren gehen.")
    await page.context.clear_cookies()

    await page.get_by_role("button", name="Ablehnen und weiter").click()

    await expect(page.locator("main h1")).to_have_text("Bitte melden Sie sich an")
    kept = page.locator("input[name='keep.reasons']")
    await expect(kept).to_have_value("Diese Begründung soll nicht verloren gehen.")
