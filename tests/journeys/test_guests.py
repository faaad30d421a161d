"""Without an account: a contribution from the riddle to its receipt, and what becomes of it."""

import re

from playwright.async_api import expect

from tests.journeys.scenes import thread_of
from tests.journeys.test_walks import link_in, sign_in
from tests.make import PASSWORD

SOLVED = "Rechenaufgabe gelöst"


async def written(page, database, text):
    """Write as a guest in the running consultation; returns number and secret."""
    await page.goto(f"/faden/{await thread_of(database, 'A2')}/schreiben")
    await page.get_by_label("Ihr Beitrag").fill(text)
    await expect(page.get_by_label(SOLVED)).to_be_checked()
    await page.get_by_role("button", name="Absenden").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Danke, Ihr Beitrag ist angekommen")
    return [await page.locator(f".receipt__{part}").inner_text() for part in ("number", "secret")]


async def opened(page, number, secret):
    """The way of a camera: the code's address, then the secret by hand."""
    await page.goto(f"/beitrag?nummer={number}")
    await page.get_by_label("Schlüssel vom Beleg").fill(secret)
    await page.get_by_role("button", name="Beitrag ansehen").click()
    await expect(page.locator("blockquote")).to_be_visible()
    assert secret not in page.url


async def test_a_guest_writes_finds_it_again_withdraws_and_deletes_it(visit, database):
    page = await visit(width=320)
    number, secret = await written(page, database, "Das sage ich ohne Konto.")
    code = page.locator(".receipt__code img")
    await expect(code).to_be_visible()
    assert await code.evaluate("(image) => image.complete && image.naturalWidth > 0")
    assert secret not in await page.locator(".receipt__code").inner_html()

    await page.context.clear_cookies()
    await opened(page, number, secret)
    await page.get_by_role("button", name="Beitrag bearbeiten").click()
    await page.get_by_label("Ihr Beitrag").fill("Das sage ich ohne Konto, nur genauer.")
    await page.get_by_role("button", name="Änderung absenden").click()
    await expect(page.locator("blockquote")).to_have_text("Das sage ich ohne Konto, nur genauer.")

    await page.get_by_role("button", name="Beitrag zurückziehen").click()
    await expect(page.get_by_text("Sie haben diesen Beitrag zurückgezogen")).to_be_visible()
    await page.get_by_role("button", name="Beitrag löschen").click()
    await page.get_by_role("button", name="Ja, löschen").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(f"Ihr Beitrag {number} ist gelöscht")


async def test_a_guest_registers_and_takes_the_contribution_over(visit, database, mails):
    page = await visit()
    number, secret = await written(page, database, "Damit fing es an.")
    await page.goto("/konto/anlegen")
    await page.get_by_label("E-Mail-Adresse").fill("spaeter@halle.example")
    await page.get_by_label("Passwort").fill(PASSWORD)
    await page.get_by_label("Ich bin mit den Teilnahmebedingungen einverstanden.").check()
    await page.get_by_role("button", name="Konto anlegen").click()
    [confirm] = await mails("spaeter@halle.example")
    await page.goto(link_in(confirm))
    await page.get_by_label("Passwort").fill(PASSWORD)
    await page.get_by_role("main").get_by_role("button").click()

    await opened(page, number, secret)
    await page.get_by_role("button", name="Beitrag übernehmen").click()

    await expect(page).to_have_url(re.compile(f"/beitraege/{number}$"))
    await page.goto("/konto")
    await expect(page.get_by_text("Damit fing es an.")).to_be_visible()


async def test_a_guest_votes_without_leaving_the_page(visit):
    page = await visit()
    await page.goto("/punkte/A2?sort=newest")
    vote = page.get_by_role("article").first.locator(".vote")
    await vote.get_by_role("button", name="Stimme zu", exact=True).click()

    await expect(vote.locator("[aria-pressed=true]")).to_have_text("Stimme zu")
    await expect(vote.locator(".tally__beside")).to_contain_text("ohne Konto")
    await page.reload()
    await expect(vote.locator("[aria-pressed=true]")).to_have_text("Stimme zu")


async def test_without_javascript_a_guest_writes_and_is_told_what_that_means(visit, database):
    page = await visit(java_script_enabled=False)
    await page.goto(f"/faden/{await thread_of(database, 'A2')}/schreiben")
    await expect(page.locator("noscript p")).to_be_visible()
    await page.get_by_label("Ihr Beitrag").fill("Ganz ohne Skript.")
    await page.get_by_role("button", name="Absenden").click()

    await expect(page.get_by_role("heading", level=1)).to_have_text("Danke, Ihr Beitrag ist angekommen")


async def test_a_riddle_that_cannot_be_fetched_stands_in_nobodys_way(visit, database):
    page = await visit(refusals=(503,))
    await page.route("**/aufgabe", lambda route: route.fulfill(status=503))
    await page.goto(f"/faden/{await thread_of(database, 'A2')}/schreiben")
    await page.get_by_label("Ihr Beitrag").fill("Auch ohne Rechenaufgabe.")
    await expect(page.get_by_text("Sie können trotzdem absenden")).to_be_visible()
    await page.get_by_role("button", name="Absenden").click()

    await expect(page.get_by_role("heading", level=1)).to_have_text("Danke, Ihr Beitrag ist angekommen")


async def test_whoever_sends_at_once_is_asked_for_a_moment_and_then_it_goes(visit, database):
    page = await visit()
    await page.goto(f"/faden/{await thread_of(database, 'A2')}/schreiben")
    await page.get_by_label("Ihr Beitrag").fill("Sehr schnell geschrieben.")
    await page.get_by_role("button", name="Absenden").click()
    if await page.get_by_role("heading", level=1).inner_text() == "Beitrag schreiben":
        await expect(page.get_by_label(SOLVED)).to_be_checked()
        await page.get_by_role("button", name="Absenden").click()

    await expect(page.get_by_role("heading", level=1)).to_have_text("Danke, Ihr Beitrag ist angekommen")


async def test_signing_in_from_the_form_brings_back_to_it(visit, database, make):
    page, person = await visit(), await make.citizen()
    await page.goto(f"/faden/{await thread_of(database, 'A2')}/schreiben")
    await page.get_by_role("main").get_by_role("link", name="Anmelden").click()
    await sign_in(page, person)

    await expect(page.get_by_role("heading", level=1)).to_have_text("Beitrag schreiben")
    await expect(page.locator("altcha-widget")).to_have_count(0)
