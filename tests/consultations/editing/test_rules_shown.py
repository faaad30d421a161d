"""Which rules hold, and what the demonstration shows of changed wordings."""

from consultations.demo import load
from consultations.editing import wordings
from tests.consultations.editing.conftest import POINT, consultation


async def test_a_consultation_leads_to_the_rules_it_is_held_under(browser, desk):
    await desk.rules(intro="Die alten Regeln.")
    await desk.opened(title="Vorher")
    await desk.rules(intro="Die neuen Regeln.")
    later = await desk.save("consultation", **consultation(title="Nachher"))
    await desk.save("point", **(POINT | {"consultation": str(later)}))
    await desk.publish("consultation", later)

    pages = [await browser.get(f"/beteiligung/{slug}") for slug in ("vorher", "nachher")]
    links = [str(page.one("#hintergrund + .prose a[href^='/netiquette']")["href"]) for page in pages]

    assert links == ["/netiquette?fassung=1.0", "/netiquette?fassung=2.0"]
    assert [(await browser.get(link)).words(".lead") for link in links] == [
        "Die alten Regeln.",
        "Die neuen Regeln.",
    ]
    assert (await browser.get("/netiquette")).words(".lead") == "Die neuen Regeln."
    assert (await browser.get("/netiquette?fassung=7")).status == 404


async def test_the_demonstration_shows_the_sentences_that_changed(database):
    async with database.writing() as db:
        await load.city(db, lambda _: None)
        steps = {code: await wordings.of(db, code) for code in ("E1", "E2", "A1", "K1", "E3")}

    shown = {code: [step.edition for step in found] for code, found in steps.items()}
    assert shown == {code: ["1.1", "1.0"] for code in ("E1", "E2", "A1", "K1")} | {"E3": []}
    gone = [piece.text for piece in steps["K1"][0].changes["text"] if piece.kind == "gone"]
    assert any("freiwillig" in text for text in gone)
