"""Whole ways through the house, in a real browser: what people do one after another, and what they see."""

import csv
import io
import re
from datetime import timedelta
from zipfile import ZipFile

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select, update

from dialogue.kit import clock
from dialogue.tables import Comment, Thread
from tests.journeys.scenes import REASONS, decide, thread_of, write
from tests.make import PASSWORD, Made

NUMBER = re.compile(r"[0-9A-Z]{3}-[0-9A-Z]{3}")


async def sign_in(page: Page, person: Made, password: str = PASSWORD) -> None:
    await page.get_by_label("E-Mail-Adresse").fill(person.email)
    await page.get_by_label("Passwort").fill(password)
    await page.get_by_role("main").get_by_role("button", name="Anmelden").click()


async def send(page: Page, text: str, label: str = "Ihr Beitrag") -> str:
    """Write and send on the page where one writes; returns the number on the receipt."""
    await page.get_by_label(label).fill(text)
    await page.get_by_role("button", name="Absenden").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Danke, Ihr Beitrag ist angekommen")
    await page.wait_for_load_state()  # the page forgets the draft when its script has run
    return await page.locator(".receipt__number").inner_text()


async def with_keys(page: Page) -> None:
    await page.get_by_label("Tasten benutzen").check()


def link_in(mail) -> str:
    return re.search(r"http://\S+", mail.get_content()).group()


# --- citizens ---------------------------------------------------------------------------------------


async def test_from_registering_to_being_read(visit, mails, make):
    page = await visit()
    await page.goto("/konto/anlegen")
    await page.get_by_label("E-Mail-Adresse").fill("nora@halle.example")
    await page.get_by_label("Passwort").fill(PASSWORD)
    await page.get_by_label("Ich bin mit den Teilnahmebedingungen einverstanden.").check()
    await page.get_by_role("button", name="Konto anlegen").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(
        "Fast geschafft: Bitte sehen Sie in Ihr Postfach"
    )

    [confirm] = await mails("nora@halle.example")
    await page.goto(link_in(confirm))
    await page.get_by_label("Passwort").fill(PASSWORD)
    await page.get_by_role("button", name="Adresse bestätigen").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Mein Konto")

    await page.goto("/punkte/E4")
    await page.get_by_role("link", name="Beitrag schreiben").click()
    await page.get_by_label("Ihr Beitrag").fill("Bitte auch auf Papier.\n\nNicht alle haben ein Telefon.")
    await page.get_by_role("button", name="Vorschau").click()
    preview = page.get_by_role("region", name="So wird Ihr Text aussehen")
    await expect(preview.locator("p")).to_have_text(
        ["Bitte auch auf Papier.", "Nicht alle haben ein Telefon."]
    )
    await page.get_by_role("button", name="Absenden").click()
    number = await page.locator(".receipt__number").inner_text()
    secret = await page.locator(".receipt__secret").inner_text()

    desk = await visit(await make.moderator())
    await desk.goto(f"/moderation/{number}")
    await with_keys(desk)
    await desk.keyboard.press("v")
    await expect(desk.get_by_text(f"Beitrag {number} veröffentlicht.")).to_be_visible()

    reader = await visit()
    await reader.goto("/punkte/E4?sort=newest")
    first = reader.get_by_role("article").first
    await expect(first).to_contain_text("Nicht alle haben ein Telefon.")
    await expect(first).to_contain_text(f"Nr. {number}")

    await page.goto("/beitrag")
    await page.get_by_label("Beitragsnummer").fill(number.lower().replace("-", " "))
    await page.get_by_label("Schlüssel vom Beleg").fill(secret.lower())
    await page.get_by_role("button", name="Beitrag ansehen").click()
    await expect(page.get_by_text("Ihr Beitrag wurde veröffentlicht")).to_be_visible()
    subjects = [mail["Subject"] for mail in await mails("nora@halle.example")]
    assert subjects == [
        "Bitte bestätigen Sie Ihre E-Mail-Adresse",
        f"Ihr Beitrag {number} ist veröffentlicht",
    ]


async def test_a_rejected_author_reads_rule_and_reasons_at_the_comment_and_in_the_mail(
    visit, mails, make, database
):
    author = await make.citizen()
    number = await write(
        database, author, await thread_of(database, "E5"), "Der Sachbearbeiter ist ein Idiot."
    )

    desk = await visit(await make.moderator())
    await desk.goto(f"/moderation/{number}")
    await expect(desk.locator("mark")).to_have_text("Idiot")
    await with_keys(desk)
    await desk.keyboard.press("1")
    reasons = desk.get_by_label("Begründung an die Autorin oder den Autor")
    prefilled = await reasons.input_value()
    await reasons.press("Control+End")
    await reasons.press_sequentially(" Ein Satz ohne das Wort genügt.")
    await reasons.press("Tab")
    await desk.keyboard.press("a")
    await expect(desk.get_by_text(f"Beitrag {number} abgelehnt.")).to_be_visible()

    page = await visit(author)
    await page.goto("/konto")
    await page.get_by_role("link", name=f"Nr. {number}").click()
    decision = page.get_by_role("region", name="Entscheidung der Moderation")
    rule = await decision.get_by_role("link", name=re.compile("^Regel 1: ")).inner_text()
    await expect(decision).to_contain_text("Ihr Beitrag wurde nicht veröffentlicht")
    await expect(decision).to_contain_text(f"{prefilled} Ein Satz ohne das Wort genügt.")
    mail = (await mails(author.email))[-1]
    text = " ".join(mail.get_content().split())
    assert mail["Subject"] == f"Ihr Beitrag {number} wurde nicht veröffentlicht"
    assert f"Warum: {prefilled} Ein Satz ohne das Wort genügt. {rule}" in text


# --- by keyboard ------------------------------------------------------------------------------------

FOCUS = """async () => {
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    const at = document.activeElement;
    const ring = (element) => {
        const style = element && getComputedStyle(element);
        return Boolean(style) && ((style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0)
            || style.boxShadow !== "none");
    };
    const box = at.getBoundingClientRect();
    return {
        words: (at.innerText || at.labels?.[0]?.innerText || at.getAttribute("aria-label") || at.tagName).trim(),
        ring: ring(at) || ring(at.closest(".card")),
        shown: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight,
    };
}"""


async def tab_to(page: Page, words: str) -> None:
    """Press Tab until the element with these words has the focus; at each step one sees where one is."""
    for _ in range(120):
        await page.keyboard.press("Tab")
        focus = await page.evaluate(FOCUS)
        assert (focus["ring"], focus["shown"]) == (True, True), f"{page.url}: {focus}"
        if focus["words"].startswith(words):
            return
    raise AssertionError(f"no way by Tab to “{words}” on {page.url}")


async def focused(page: Page) -> str:
    return (await page.evaluate(FOCUS))["words"]


async def test_by_keyboard_from_the_start_page_to_the_vote(visit, make):
    page = await visit(await make.citizen())
    await page.goto("/")
    await tab_to(page, "Zum Inhalt springen")
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.id") == "inhalt"
    await tab_to(page, "Jetzt mitreden")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/beteiligung/*")
    await tab_to(page, "Punkt aussuchen und mitreden")
    await page.keyboard.press("Enter")
    await tab_to(page, "Niemand wird benachteiligt")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/punkte/E4")

    await tab_to(page, "Zustimmung")
    await page.keyboard.press("Space")
    stance = page.locator("#haltung").get_by_role("button", name="Zustimmung")
    await expect(stance).to_have_attribute("aria-pressed", "true")
    await expect(stance).to_be_focused()

    await tab_to(page, "Beitrag schreiben")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/schreiben")
    await tab_to(page, "Ihr Beitrag")
    await page.keyboard.type("Mit der Tastatur geschrieben.")
    await tab_to(page, "Zustimmung")
    await page.keyboard.press("Space")
    await expect(page.get_by_role("radio", name="Zustimmung")).to_be_checked()
    await tab_to(page, "Absenden")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Danke, Ihr Beitrag ist angekommen")
    await tab_to(page, "Zurück zur Diskussion")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/punkte/E4")

    vote = page.get_by_role("article").first.locator(".vote")
    await tab_to(page, "Stimme zu")
    assert await vote.evaluate("(vote) => vote.contains(document.activeElement)")
    await page.keyboard.press("Enter")
    agree = vote.get_by_role("button", name="Stimme zu", exact=True)
    await expect(agree).to_have_attribute("aria-pressed", "true")
    await expect(agree).to_be_focused()
    await expect(vote.locator(".tally__n")).to_be_visible()
    await page.keyboard.press("Space")
    await expect(agree).to_have_attribute("aria-pressed", "false")
    await expect(agree).to_be_focused()
    await expect(vote.locator(".tally")).to_have_count(0)


# --- without JavaScript -----------------------------------------------------------------------------


async def test_without_javascript_one_signs_in_answers_votes_and_writes(visit, make, database):
    page, person = await visit(java_script_enabled=False), await make.citizen()
    await page.goto("/punkte/A3?sort=newest")
    vote = page.get_by_role("article").first.locator(".vote")
    await page.context.clear_cookies()
    await page.goto("/konto/anmelden?next=/punkte/A3%3Fsort%3Dnewest")
    await sign_in(page, person)

    await page.locator("#haltung").get_by_role("button", name="Ablehnung").click()
    chosen = page.locator("#haltung").get_by_role("button", name="Ablehnung")
    await expect(chosen).to_have_attribute("aria-pressed", "true")

    number = NUMBER.search(await page.get_by_role("article").first.inner_text()).group()
    vote = page.locator(f"#b-{number} .vote")
    await vote.get_by_role("button", name="Stimme zu", exact=True).click()
    await expect(page).to_have_url(re.compile(f"#b-{number}$"))
    await expect(vote.locator("[aria-pressed=true]")).to_have_text("Stimme zu")
    await vote.get_by_role("button", name="Stimme zu", exact=True).click()
    await expect(vote.locator("[aria-pressed=true]")).to_have_count(0)

    await page.locator(f"#b-{number}").get_by_role("link", name="Antworten").click()
    answer = await send(page, "Darauf antworte ich ohne Skript.", "Ihre Antwort")
    await page.get_by_role("link", name="Zurück zur Diskussion").click()
    await page.get_by_role("link", name="Beitrag schreiben").click()
    written = await send(page, "Und das schreibe ich ohne Skript.")

    moderator = await make.moderator()
    desk = await visit(java_script_enabled=False)
    await desk.goto("/konto/anmelden?next=/moderation")
    await sign_in(desk, moderator)
    case = desk.get_by_role("link", name="Und das schreibe ich ohne Skript.")
    while not await case.count():  # what waits longest stands first
        await desk.get_by_role("link", name="Weitere anzeigen").click()
    await case.click()
    await desk.get_by_role("button", name="Für 15 Minuten übernehmen").click()
    await expect(desk.get_by_text("Sie bearbeiten diesen Beitrag.")).to_be_visible()
    await desk.get_by_role("button", name="Veröffentlichen und weiter").click()
    await desk.goto(f"/moderation/{answer}")
    await desk.locator("input[name=rule]").first.check()
    await desk.get_by_label("Begründung an die Autorin oder den Autor").fill(REASONS)
    await desk.get_by_role("button", name="Ablehnen und weiter").click()
    assert await statuses(database, written, answer) == ["published", "rejected"]


async def statuses(database, *numbers: str) -> list[str]:
    async with database.reading() as db:
        found = {row.number: row.status for row in await db.execute(select(Comment.number, Comment.status))}
    return [found[number] for number in numbers]


# --- moderators -------------------------------------------------------------------------------------


async def test_a_key_decides_nothing_until_somebody_switches_keys_on(visit, make, database):
    number = await write(
        database, await make.citizen(), await thread_of(database, "K4"), "Ein V allein sagt nichts."
    )
    desk = await visit(await make.moderator())
    await desk.goto(f"/moderation/{number}")
    caps, publish = desk.locator(".decide .key"), desk.get_by_role("button", name="Veröffentlichen")
    await expect(caps.first).to_be_hidden()
    await desk.keyboard.press("v")
    await expect(desk.get_by_role("heading", level=1)).to_have_text(f"Beitrag {number} prüfen")
    assert await statuses(database, number) == ["pending"]

    await with_keys(desk)
    await expect(caps.first).to_be_visible()
    await expect(publish).to_have_attribute("aria-keyshortcuts", "v")
    await desk.reload()
    await expect(desk.get_by_label("Tasten benutzen")).to_be_checked()
    await desk.get_by_label("Tasten benutzen").uncheck()
    await expect(caps.first).to_be_hidden()
    await expect(publish).not_to_have_attribute("aria-keyshortcuts", "v")
    await desk.keyboard.press("v")
    assert await statuses(database, number) == ["pending"]


async def test_what_one_moderator_hides_another_restores(visit, make, database, live):
    author = await make.citizen()
    number = await write(
        database, author, await thread_of(database, "K4"), "Offen, damit alle mitlesen können."
    )
    await decide(database, live.people["moderator"], number)
    first, second, reader = (
        await visit(await make.moderator()),
        await visit(await make.moderator()),
        await visit(refusals=(404,)),
    )

    await first.goto(f"/beitraege/{number}")
    await first.get_by_role("link", name="In der Moderation öffnen").click()
    await with_keys(first)
    await first.keyboard.press("2")
    await first.get_by_role("button", name="Ausblenden und weiter").click()
    await expect(first.get_by_text(f"Beitrag {number} ausgeblendet.")).to_be_visible()
    assert (await reader.goto(f"/beitraege/{number}")).status == 404

    await first.goto(f"/moderation/{number}")
    await expect(first.get_by_text("Diese Entscheidung war Ihre eigene.")).to_be_visible()
    await expect(first.get_by_role("button", name="Wiederherstellen und weiter")).to_have_count(0)

    await second.goto(f"/moderation/{number}")
    await with_keys(second)
    await second.keyboard.press("v")
    await expect(second.get_by_text(f"Beitrag {number} wiederhergestellt.")).to_be_visible()
    assert (await reader.goto(f"/beitraege/{number}")).status == 200
    await second.goto(f"/moderation/{number}")
    history = second.get_by_role("region", name="Bisherige Entscheidungen").locator("b")
    await expect(history).to_have_text(["Wiederhergestellt", "Ausgeblendet", "Veröffentlicht"])


async def test_the_second_of_two_moderators_is_told_and_loses_nothing(visit, make, database):
    number = await write(
        database, await make.citizen(), await thread_of(database, "K5"), "Wer prüft den Bericht?"
    )
    first, second = await visit(await make.moderator()), await visit(await make.moderator(), refusals=(409,))
    await first.goto(f"/moderation/{number}")
    await second.goto(f"/moderation/{number}")
    await first.get_by_role("button", name="Für 15 Minuten übernehmen").click()
    await second.locator("input[name=rule]").first.check()
    await second.get_by_label("Begründung an die Autorin oder den Autor").fill(REASONS)
    await second.get_by_role("button", name="Ablehnen und weiter").click()
    await expect(second.locator("#refusal")).to_contain_text("bearbeitet gerade jemand anderes")
    await first.get_by_role("button", name="Veröffentlichen und weiter").click()
    await expect(first.get_by_text(f"Beitrag {number} veröffentlicht.")).to_be_visible()

    await second.get_by_role("button", name="Noch einmal versuchen").click()

    await expect(second.locator("#refusal")).to_contain_text("wurde inzwischen entschieden")
    await expect(second.get_by_label("Ihr Text – nichts davon ist verloren")).to_have_value(REASONS)
    assert await statuses(database, number) == ["published"]


# --- panel and committee ----------------------------------------------------------------------------


def figure(text: str) -> int:
    return int(re.sub(r"\D", "", text))


@pytest.mark.parametrize(("role", "address"), [("panelist", "/gremium"), ("committee", "/ausschuss")])
async def test_the_export_holds_as_many_rows_as_the_page_says(role, address, visit, make, work, tmp_path):
    page = await visit(await make.person(role), accept_downloads=True)
    await page.goto(address)
    section = page.locator("#auftakt")
    shown = {
        label: figure(value)
        for label, value in zip(
            await section.locator(".figures dt").all_inner_texts(),
            await section.locator(".figures dd").all_inner_texts(),
            strict=True,
        )
    }
    await section.get_by_role("button", name="Daten herunterladen").click()
    await expect(page.get_by_role("progressbar")).to_be_visible()

    await work()

    await expect(page.get_by_text("Das Datenpaket ist fertig.")).to_be_visible()  # without a reload
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Herunterladen").click()
    file = tmp_path / "data.zip"
    await (await download.value).save_as(file)
    assert (await download.value).suggested_filename == f"auftakt-{role}.zip"
    written, votes = (table(file, name) for name in ("beitraege.csv", "stimmen.csv"))
    assert (len(written), len(votes)) == (shown["Beiträge"], shown["Stimmen"])
    assert shown["Menschen haben mitgemacht"] >= len({vote["schluessel"] for vote in votes}) > 100
    await page.goto(address)
    await expect(page.get_by_role("region", name="Meine Datenpakete")).to_contain_text("fertig")


def table(file, name: str) -> list[dict[str, str]]:
    with ZipFile(file) as archive:
        return list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig")), delimiter=";"))


async def test_the_panel_takes_a_workbook(visit, make, work):
    page = await visit(await make.person("panelist"), accept_downloads=True)
    await page.goto("/gremium")
    section = page.locator("#auftakt")
    await section.get_by_label("Daten als").select_option("Excel, LibreOffice (XLSX)")
    await section.get_by_role("button", name="Daten herunterladen").click()
    await work()
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Herunterladen").click()

    assert (await download.value).suggested_filename == "auftakt-panelist.xlsx"


# --- search and results -----------------------------------------------------------------------------


async def test_from_a_word_to_the_contribution_that_holds_it(visit, make, database, live, work):
    number = await write(
        database,
        live.people["citizen"],
        await thread_of(database, "E3"),
        "Keine Überwachungskameras am Spielplatz!",
    )
    page = await visit()
    await page.goto("/strategie")
    await page.get_by_label("In der Strategie und in allen Beiträgen suchen").fill("spielplatz kamera")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Dazu haben wir nichts gefunden")).to_be_visible()

    await decide(database, live.people["moderator"], number)
    await work()
    await page.reload()

    hit = page.locator(".hit", has_text=number)
    assert await hit.locator("mark").all_inner_texts() == ["Überwachungskameras", "Spielplatz"]
    await page.get_by_text("Genauer suchen").click()
    await page.get_by_label("Wo?").select_option(label="E2 Kennzeichnung von KI-Inhalten")
    await page.get_by_role("main").get_by_role("button", name="Suchen").click()
    await expect(page.get_by_text("Hier haben wir nichts gefunden")).to_be_visible()
    await page.get_by_role("link", name="Überall suchen").click()
    await page.get_by_role("link", name=f"Beitrag {number}").click()
    await expect(page.locator(".comment__text").first).to_have_text(
        "Keine Überwachungskameras am Spielplatz!"
    )
    await decide(database, live.people["moderator"], number, "hide", REASONS)


async def test_from_the_point_to_its_result_and_what_one_sees_there(visit, make):
    page = await visit(await make.citizen())
    await page.goto("/punkte/E3")
    await page.get_by_role("link", name="Zwischenstand").click()
    await expect(page.get_by_text("Das ist ein Zwischenstand")).to_be_visible()
    await expect(page.locator("section[aria-labelledby=haltung] figure")).to_have_count(0)

    await page.get_by_role("link", name="Meine Haltung zeigen").click()
    await page.locator("#haltung").get_by_role("button", name="Zustimmung").click()
    await expect(page.locator("#haltung .tally")).to_be_visible()
    vote = page.get_by_role("article").first
    number = NUMBER.search(await vote.inner_text()).group()
    await vote.get_by_role("button", name="Stimme zu").click()
    await expect(vote.locator(".tally")).to_be_visible()
    await page.get_by_role("link", name="Zwischenstand").click()

    await expect(page.locator("section[aria-labelledby=haltung] figure")).to_have_count(1)
    numbers = await page.locator(".ranks a").all_inner_texts()
    assert {NUMBER.search(text).group() for text in numbers} == {number}
    table = page.locator("section[aria-labelledby=abstimmung] details")
    await table.locator("summary").click()
    await expect(table.get_by_role("row")).to_have_count(2)


async def test_an_ended_point_shows_its_result_to_everyone(visit):
    page = await visit()
    await page.goto("/punkte/E1")
    await page.get_by_role("link", name="Ergebnis ansehen").click()

    await expect(page.get_by_role("heading", level=1)).to_have_text("E1: Was die Teilnehmenden sagen")
    for title in ("Am meisten Zustimmung", "Am stärksten umstritten", "Die meisten Stimmen"):
        await expect(page.get_by_role("region", name=title).get_by_role("listitem")).to_have_count(3)
    for title in (
        "Haltung zum Punkt",
        "Verlauf",
        "Wer hat teilgenommen – wer fehlt",
        "Rückmeldung der Stadt",
    ):
        await expect(page.get_by_role("heading", name=title)).to_be_visible()


# --- nothing typed is lost --------------------------------------------------------------------------


async def test_a_reload_while_writing_keeps_the_text(visit, make, database):
    page = await visit(await make.citizen())
    await page.goto(f"/faden/{await thread_of(database, 'A2')}/schreiben")
    await page.get_by_label("Ihr Beitrag").fill("Halb fertig")
    await page.reload()
    await expect(page.get_by_label("Ihr Beitrag")).to_have_value("Halb fertig")
    await send(page, "Ganz fertig")
    await page.goto(f"/faden/{await thread_of(database, 'A2')}/schreiben")
    await expect(page.get_by_label("Ihr Beitrag")).to_have_value("")


async def test_text_written_after_the_session_ended_is_sent_after_signing_in(visit, make, database):
    person = await make.citizen()
    page = await visit(person, refusals=(401,))
    await page.goto(f"/faden/{await thread_of(database, 'A2')}/schreiben")
    await page.get_by_label("Ihr Beitrag").fill("Zu lange überlegt <b>&</b> trotzdem da.")
    await page.get_by_role("radio", name="neutral").check()
    await page.context.clear_cookies()
    await page.get_by_role("button", name="Absenden").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Bitte melden Sie sich an")

    await sign_in(page, person)
    kept = page.get_by_label("Ihr Text – nichts davon ist verloren")
    await expect(kept).to_have_value("Zu lange überlegt <b>&</b> trotzdem da.")
    await page.get_by_role("button", name="Jetzt absenden").click()

    await expect(page.get_by_role("heading", level=1)).to_have_text("Danke, Ihr Beitrag ist angekommen")
    await page.get_by_role("link", name="Zurück zur Diskussion").click()
    await expect(page.get_by_text("Zu lange überlegt <b>&</b> trotzdem da.")).to_be_visible()
    await expect(page.locator("#haltung [aria-pressed=true]")).to_have_text("Neutral")


async def test_text_for_a_consultation_that_has_just_ended_stays_on_the_page(visit, make, database):
    later = clock.today() + timedelta(days=400)  # ends last, so it is not the one the start page asks for
    point = await make.point(await make.consultation(ends_on=later), code="Z9")
    page = await visit(await make.citizen(), refusals=(409,))
    await page.goto(f"/faden/{point.thread_id}/schreiben")
    await page.get_by_label("Ihr Beitrag").fill("Fünf nach zwölf.")
    async with database.writing() as db:
        over = update(Thread).values(closes_at=clock.now() - timedelta(seconds=1))
        await db.execute(over.where(Thread.id == point.thread_id))
    await page.get_by_role("button", name="Absenden").click()

    await expect(page.get_by_role("heading", level=1)).to_have_text("Diese Beteiligung ist beendet")
    await expect(page.get_by_label("Ihr Text – nichts davon ist verloren")).to_have_value("Fünf nach zwölf.")


# --- on the phone -----------------------------------------------------------------------------------


async def test_on_a_phone_of_320_pixels_one_reads_answers_votes_and_writes(visit, make):
    page = await visit(await make.citizen(), width=320, is_mobile=True, has_touch=True)

    async def fits(heading: str) -> bool:
        await expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        return await page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )

    await page.goto("/")
    await page.get_by_role("link", name="Jetzt mitreden").tap()
    await page.get_by_role("link", name="Entlastung bei Routinearbeit im Amt").tap()
    assert await fits("A4 Entlastung bei Routinearbeit im Amt")
    await page.get_by_text("Begründung").tap()
    await page.locator("#haltung").get_by_role("button", name="Neutral").tap()
    await expect(page.locator("#haltung [aria-pressed=true]")).to_have_text("Neutral")
    await expect(page.locator("#haltung .tally__n")).to_be_visible()
    vote = page.get_by_role("article").first.locator(".vote")
    await vote.get_by_role("button", name="Stimme nicht zu").tap()
    await expect(vote.locator("[aria-pressed=true]")).to_have_text("Stimme nicht zu")
    assert await fits("A4 Entlastung bei Routinearbeit im Amt")
    await page.get_by_role("link", name="Beitrag schreiben").tap()
    assert await fits("Beitrag schreiben")
    await page.get_by_label("Ihr Beitrag").fill("Unterwegs geschrieben.")
    await page.get_by_role("button", name="Absenden").tap()
    assert await fits("Danke, Ihr Beitrag ist angekommen")
