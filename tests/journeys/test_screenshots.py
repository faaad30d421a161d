"""Pictures of the demonstration's city for the README: `SCREENSHOTS=1 pytest tests/journeys/test_screenshots.py`."""

from pathlib import Path

import pytest

from tests.consultations.editing.conftest import Desk, consultation
from tests.journeys.scenes import thread_of

IMAGES = Path(__file__).parents[2] / "docs" / "images"
TALLEST, HEAVIEST = 1200, 250_000


async def picture(page, name: str) -> int:
    """Store what the page shows, at most 1200 pixels of it; returns the file's size."""
    # As tall a window as the picture: a picture of the whole page moves what sticks to the window.
    width = page.viewport_size["width"]
    await page.set_viewport_size({"width": width, "height": TALLEST})
    await page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    IMAGES.mkdir(parents=True, exist_ok=True)
    return len(await page.screenshot(path=IMAGES / f"{name}.png"))


@pytest.mark.parametrize(("name", "width"), [("{}", 1280), ("{}-320", 320)])
async def test_start_and_thread(name, width, visit, live):
    page = await visit(live.people["citizen"], width=width)
    await page.goto("/")
    start = await picture(page, name.format("start"))
    await page.goto("/punkte/A2")
    for form in (page.locator("#haltung"), page.get_by_role("article").first):
        if await form.locator("[aria-pressed=true]").count() == 0:
            await form.get_by_role("button").first.click()
        await form.locator(".tally").wait_for()
    thread = await picture(page, name.format("thread"))
    assert max(start, thread) <= HEAVIEST


async def test_result_and_search(visit, live):
    page = await visit()
    await page.goto("/punkte/E1/ergebnis")
    result = await picture(page, "result")
    await page.goto("/suche?q=Kamera")
    assert max(result, await picture(page, "search")) <= HEAVIEST


async def test_queue_and_receipt(visit, live, database):
    desk, page = await visit(live.people["moderator"]), await visit(live.people["citizen"])
    await desk.goto("/moderation")
    await desk.get_by_role("link", name="Unsere Nachbarin").click()
    await desk.get_by_label("Begründung an die Autorin oder den Autor").wait_for()
    await page.goto(f"/faden/{await thread_of(database, 'A2')}/schreiben")
    await page.get_by_label("Ihr Beitrag").fill("Bitte sagt dazu, wann ein Mensch übernimmt.")
    await page.get_by_role("button", name="Absenden").click()
    await page.locator(".receipt").wait_for()

    assert max([await picture(desk, "queue"), await picture(page, "receipt")]) <= HEAVIEST


async def test_the_procedure(visit, live):
    """A contribution without an account, with the hint; an appeal to answer; what all may know about moderation."""
    guest, desk = await visit(), await visit(live.people["moderator2"])
    await guest.goto("/punkte/A2")
    await guest.get_by_role("link", name="Beitrag schreiben").first.click()
    field = guest.get_by_label("Ihr Beitrag")
    await field.press_sequentially("Ich helfe gern mit. Anrufen können Sie mich unter 0345 000-4321.")
    await guest.locator("#hinweise .guard").wait_for()
    await desk.goto("/moderation?zeige=beschwerden")
    await desk.locator(".queue__item a").first.click()
    await desk.get_by_role("heading", name="Die Beschwerde beantworten").wait_for()
    shown = [await picture(guest, "guest"), await picture(desk, "appeal")]
    await guest.goto("/transparenz")

    assert max(*shown, await picture(guest, "transparency")) <= HEAVIEST


async def test_cards_on_the_phone(visit, live):
    page = await visit(live.people["citizen"], width=320, has_touch=True)
    await page.goto("/beteiligung/leitlinien-und-einsatz/karten")
    await page.get_by_role("button", name="Stimme zu", exact=True).tap()
    await page.locator(".deck__last").wait_for()

    assert await picture(page, "cards-320") <= HEAVIEST


async def test_editors(visit, live, database):
    editor = live.people["editor"]
    page = await visit(editor)
    desk = Desk(database, editor)
    words = {"title": "Soll das Rathaus einen Chatbot bekommen?", "privacy": "", "ends_on": ""}
    await desk.save("consultation", **consultation(**words))
    await page.goto("/redaktion")
    start = await picture(page, "desk")
    await page.goto("/punkte/E2/verlauf")

    assert max(start, await picture(page, "wording")) <= HEAVIEST
