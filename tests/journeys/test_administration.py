"""From an invitation to deciding in one consultation and nowhere else, in a real browser."""

import re
from datetime import timedelta

from playwright.async_api import expect

from dialogue.kit import clock
from tests.journeys.scenes import write
from tests.make import PASSWORD


async def test_an_invited_moderator_decides_in_one_consultation(visit, mails, make, live, database):
    later = clock.today() + timedelta(days=400)
    point = await make.point(await make.consultation(title="Nur diese", ends_on=later), code="Z7")
    author = await make.citizen()
    here = await write(database, author, point.thread.id, "Das wartet hier auf Sie.")

    admin = await visit(live.people["admin"])
    await admin.goto("/verwaltung")
    await admin.get_by_role("link", name="Personen und Rollen").click()
    await admin.get_by_role("link", name="Person einladen").click()
    await admin.get_by_label("E-Mail-Adresse").fill("frisch@halle.example")
    await admin.get_by_label("Rolle").select_option("Moderation")
    await admin.get_by_label("Gilt für").select_option("Nur diese")
    await admin.get_by_role("button", name="Einladen").click()
    await expect(admin.get_by_role("heading", level=1)).to_have_text("frisch@halle.example")
    await expect(admin.get_by_role("heading", name="Einladung ist offen")).to_be_visible()

    [letter] = await mails("frisch@halle.example")
    page = await visit(refusals=(401,))
    await page.goto(re.search(r"http://\S+", letter.get_content()).group())
    await page.get_by_label("Neues Passwort").fill(PASSWORD)
    await page.get_by_role("button", name="Passwort speichern").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Mein Konto")
    await page.goto("/moderation")
    await expect(page.locator(".queue__item")).to_have_count(1)
    await page.get_by_role("link", name="Mit dem ältesten beginnen").click()
    await page.get_by_role("button", name="Veröffentlichen").click()
    await expect(page.get_by_text(f"Beitrag {here} veröffentlicht.")).to_be_visible()

    await admin.reload()
    await admin.get_by_role("button", name="Rolle nehmen").click()
    assert (await page.goto("/moderation")).status == 401
