"""From an empty installation to an open consultation, and two editors at once, in a real browser."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.async_api import Page, expect

from dialogue import accounts
from dialogue.kit import clock
from dialogue.kit.database import Database
from tests.journeys.conftest import Live, Visits, migrated, served
from tests.make import PASSWORD

FEWER_THAN = 15  # steps: clicks that lead on, and forms sent


@dataclass
class Steps:
    """A window that counts each step one takes in it."""

    page: Page
    count: int = 0

    async def link(self, name: str, **more) -> None:
        above = self.page.get_by_role("main").or_(self.page.locator("header"))
        await self._take(above.get_by_role("link", name=name, **more))

    async def button(self, name: str, **more) -> None:
        await self._take(self.page.get_by_role("main").get_by_role("button", name=name, **more))

    async def _take(self, target) -> None:
        self.count += 1
        async with self.page.expect_navigation():
            await target.first.click()


@pytest.fixture
async def bare(cluster, chromium, tmp_path):
    """An installation in which there is nothing but one editor, who has a link to set a password."""
    url = await migrated(cluster, "bare")
    (tmp_path / "demo.json").write_text("{}")
    database = Database(url, pool=2)
    async with served(url, tmp_path) as (origin, running):
        async with database.writing() as db:
            person_id = await accounts.create(db, "redaktion@halle.example", ["editor"])
            token = await accounts.new_link(db, person_id, "invite")
        visits = Visits(chromium, Live(origin, running, {}, tmp_path / "mail"), database)
        page = await visits(refusals=(404,))
        await page.goto(f"/konto/passwort?schluessel={token}")
        yield page
        await visits.end()
        assert visits.problems == []
    await database.close()


async def test_from_an_empty_installation_to_an_open_consultation_in_few_steps(bare):
    steps, today = Steps(bare), clock.today()
    await bare.get_by_label("Neues Passwort").fill(PASSWORD)
    await steps.button("Passwort speichern")

    await steps.link("Redaktion", exact=True)
    await steps.link("Neues Handlungsfeld")
    await bare.get_by_label("Name des Handlungsfelds").fill("Chatbots")
    await bare.get_by_label("Kurzbeschreibung").fill("Wo ein Programm Fragen beantwortet.")
    await steps.button("Speichern und Vorschau")
    await steps.button("Veröffentlichen")

    await steps.link("Neue Beteiligung")
    await bare.get_by_label("Titel").first.fill("Soll das Rathaus einen Chatbot bekommen?")
    await bare.get_by_label("Kurz gesagt").fill("Wir möchten wissen, was Sie davon halten.")
    await bare.get_by_label("Hintergrund").fill("Der Stadtrat entscheidet im Herbst.")
    await bare.locator("#starts_on").fill(today.isoformat())
    await bare.locator("#ends_on").fill((today + timedelta(days=30)).isoformat())
    await bare.get_by_label("Hinweis zum Datenschutz").fill("Wir fragen nach nichts außer Ihrer Meinung.")
    await steps.button("Speichern", exact=True)
    missing = bare.get_by_role("region", name="Vor der Veröffentlichung fehlt noch").get_by_role("link")
    await expect(missing).to_have_text(
        [
            "Die Netiquette fehlt: Ohne Regeln öffnet keine Beteiligung.",
            "Es fehlt mindestens ein Punkt, über den gesprochen wird.",
        ]
    )

    await steps.link("Die Netiquette fehlt")
    await steps.button("Speichern und Vorschau")
    await steps.button("Veröffentlichen")
    await steps.link("Es fehlt mindestens ein Punkt")
    await bare.get_by_label("Titel").first.fill("Ein Chatbot auf der Startseite")
    await bare.get_by_label("Handlungsfeld").select_option("Chatbots")
    await bare.get_by_label("Text", exact=True).fill("Die Stadt erprobt ihn ein halbes Jahr.")
    await bare.get_by_label("Begründung").fill("Viele Fragen kommen abends.")
    await steps.button("Speichern", exact=True)
    await expect(bare.get_by_text("Alles da")).to_be_visible()
    await steps.link("Vorschau und veröffentlichen")
    await steps.button("Veröffentlichen")

    await expect(
        bare.get_by_text("„Soll das Rathaus einen Chatbot bekommen?“ ist veröffentlicht")
    ).to_be_visible()
    assert steps.count < FEWER_THAN
    await bare.get_by_role("link", name="So sehen es jetzt alle").click()
    await expect(bare.get_by_text("noch 31 Tage")).to_be_visible()
    await bare.get_by_role("link", name="Ein Chatbot auf der Startseite").click()
    await bare.get_by_role("link", name="Ersten Beitrag schreiben").click()
    await expect(bare.get_by_label("Ihr Beitrag")).to_be_visible()


async def test_two_editors_at_once_lose_nothing(visit, make):
    area = await make.area(title="Zu zweit", summary="Was beide sehen.", position=99)
    anna, ben = [await visit(await make.person("editor"), refusals=(409,)) for _ in range(2)]
    for window in (anna, ben):
        await window.goto(f"/redaktion/felder/{area.uid}")
    summaries = [window.get_by_label("Kurzbeschreibung") for window in (anna, ben)]
    await summaries[0].fill("Was Anna sieht.")
    await summaries[1].fill("Was Ben sieht.")

    await anna.get_by_role("button", name="Speichern", exact=True).click()
    await expect(anna.get_by_text("Entwurf gespeichert")).to_be_visible()
    await ben.get_by_role("button", name="Speichern", exact=True).click()

    await expect(ben.get_by_role("heading", name="Inzwischen hat jemand anderes gespeichert")).to_be_visible()
    await expect(ben.locator(".change--pair del")).to_contain_text("Anna")
    await expect(ben.locator(".change--pair ins")).to_contain_text("Ben")
    await expect(summaries[1]).to_have_value("Was Ben sieht.")
    await summaries[1].fill("Was Anna und Ben sehen.")
    await ben.get_by_role("button", name="Speichern", exact=True).click()
    await expect(ben.get_by_text("Entwurf gespeichert")).to_be_visible()

    await ben.get_by_role("link", name="Alle Fassungen ansehen").click()
    await ben.get_by_role("link", name="2. Entwurf gespeichert").click()
    await expect(ben.locator("ins").first).to_contain_text("Anna")
    await ben.get_by_role("button", name="Diese Fassung als Entwurf zurückholen").click()
    await expect(summaries[1]).to_have_value("Was Anna sieht.")


async def test_by_keyboard_alone_a_text_is_changed_and_published(visit, make):
    area = await make.area(title="Mit der Tastatur", summary="Alt.", position=98)
    page = await visit(await make.person("editor"))
    await page.goto(f"/redaktion/felder/{area.uid}")
    await page.get_by_label("Kurzbeschreibung").focus()
    await page.keyboard.press("Control+A")
    await page.keyboard.type("Neu.")
    for _ in range(3):
        await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Was sich ändert")).to_be_visible()
    await page.get_by_role("button", name="Veröffentlichen").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("„Mit der Tastatur“ ist veröffentlicht")).to_be_visible()
