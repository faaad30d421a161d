"""Every kind of page: without a finding of axe in light and dark, wide and narrow, and never wider than the screen."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

from consultations.app import ROUTES
from consultations.editing import rulebooks
from dialogue.kit import clock
from dialogue.tables import Visit
from tests.journeys import scenes
from tests.journeys.conftest import open_context
from tests.make import PASSWORD

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RULES = {
    "light": {"type": "tag", "values": TAGS},
    "dark": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
}
# With all rules also in the dark.
WHOLE = {"start", "running consultation", "open point, signed in", "write", "queue", "appearance"}
CARDS = "Beitrag für Beitrag abstimmen"
NOT_HTML = {
    "challenge",
    "receipt_code",
    "healthz",
    "readyz",
    "vote_back",
    "result_numbers",
    "accent",
    "logo",
} | {
    "transparency_table",
    "transparency_file",
}  # for machines


@dataclass(frozen=True)
class Kind:
    """A kind of page: the route that renders it, who sees it, how one gets there, and its heading."""

    name: str
    route: str
    who: str
    opened: Callable[[Page, dict[str, Any]], Awaitable[Any]]
    heading: str
    status: int = 200


def at(address: str) -> Callable[[Page, dict[str, Any]], Awaitable[Any]]:
    async def opened(page: Page, city: dict[str, Any]) -> Any:
        return await page.goto(address.format(**city))

    return opened


def sent(address: str, **fields: str) -> Callable[[Page, dict[str, Any]], Awaitable[Any]]:
    """A form of the page at the address, filled and sent with its first button (or the one named `button`)."""

    async def opened(page: Page, city: dict[str, Any]) -> Any:
        await page.goto(address.format(**city))
        form = page.locator("main form").first
        button = fields.get("button", "")
        for label, value in fields.items():
            if label != "button":
                await form.locator(f"[name={label}]").fill(value.format(**city))
        async with page.expect_navigation() as navigation:
            await form.get_by_role("button", name=button).first.click()
        return await navigation.value

    return opened


def posted(address: str, **fields: str) -> Callable[[Page, dict[str, Any]], Awaitable[Any]]:
    """A request that no form of ours makes like this: from an old window, or made up."""

    async def opened(page: Page, city: dict[str, Any]) -> Any:
        await page.goto("/netiquette")
        async with page.expect_navigation() as navigation:
            await page.evaluate(
                """([action, fields]) => {
                    const form = Object.assign(document.createElement("form"), {method: "post", action});
                    for (const [name, value] of Object.entries(fields))
                        form.append(Object.assign(document.createElement("input"), {type: "hidden", name, value}));
                    document.body.append(form);
                    form.submit();
                }""",
                [address.format(**city), {name: value.format(**city) for name, value in fields.items()}],
            )
        return await navigation.value

    return opened


async def with_empty_queue(page: Page, city: dict[str, Any]) -> Any:
    """The queue at a moment when nothing waits."""
    async with city["alone"], scenes.nothing_waits(city["owner"]):
        return await page.goto("/moderation")


async def with_no_mail(page: Page, city: dict[str, Any]) -> Any:
    """The demonstration's mailbox before the first mail."""
    folder, aside = city["mail"], city["mail"].with_name("aside")
    async with city["alone"]:
        folder.rename(aside)
        try:
            return await page.goto("/demo/post")
        finally:
            aside.rename(folder)


async def with_hints(page: Page, city: dict[str, Any]) -> Any:
    """Two hints, as a night finds them."""
    async with city["alone"], scenes.hinted(city["owner"]):
        return await page.goto("/moderation/hinweise")


async def with_no_hints(page: Page, city: dict[str, Any]) -> Any:
    async with city["alone"]:
        return await page.goto("/moderation/hinweise")


async def registered(page: Page, city: dict[str, Any]) -> Any:
    await page.goto("/konto/anlegen")
    await page.get_by_label("E-Mail-Adresse").fill("neu@halle.example")
    await page.get_by_label("Passwort").fill(PASSWORD)
    await page.get_by_label("Ich bin mit den Teilnahmebedingungen einverstanden.").check()
    async with page.expect_navigation() as navigation:
        await page.get_by_role("button", name="Konto anlegen").click()
    return await navigation.value


async def decided_without_rule(page: Page, city: dict[str, Any]) -> Any:
    """A decision is answered in place: with what is missing, at its field."""
    await page.goto("/moderation/{signs}".format(**city))
    async with page.expect_response("**/entscheiden") as answer:
        await page.get_by_role("button", name="Ablehnen").click()
    await page.get_by_role("alert").wait_for()
    return await answer.value


async def chosen(page: Page, city: dict[str, Any]) -> Any:
    """Three of the list."""
    await page.goto("/moderation?ordnung=dauer")
    for at in range(3):
        await page.locator("[name=beitrag]:enabled").nth(at).check()
    async with page.expect_navigation() as navigation:
        await page.get_by_role("button", name="Ausgewählte gemeinsam entscheiden").click()
    return await navigation.value


async def decided_nothing(page: Page, city: dict[str, Any]) -> Any:
    """Many decided at once, of which somebody else had decided all before."""
    fields = {"beitrag": "{rejected}.1", "decision": "publish"}
    return await posted("/moderation/auswahl/entscheiden", **fields)(page, city)


async def voted(page: Page, city: dict[str, Any]) -> Any:
    """A card after the first vote, as without JavaScript."""
    await page.goto("/beteiligung/leitlinien-und-einsatz/karten")
    return await _voted(page)


async def _voted(page: Page) -> Any:
    form = page.locator(".deck__card")
    await form.evaluate("form => form.replaceWith(form.cloneNode(true))")  # htmx does not know the copy
    async with page.expect_navigation() as navigation:
        await page.get_by_role("button", name="Neutral").click()
    return await navigation.value


async def voted_ten(page: Page, city: dict[str, Any]) -> Any:
    await page.goto("/beteiligung/leitlinien-und-einsatz/karten?stimmen=9")
    return await _voted(page)


async def reported(page: Page, city: dict[str, Any], times: int = 1) -> Any:
    """The receipt of a notice; a second one by the same person is told that there is one."""
    for _ in range(times):
        await page.goto("/melden/{talked}".format(**city))
        await page.locator("[name=category]").first.check()
        await page.get_by_label("Was stimmt an diesem Beitrag nicht?").fill("Das steht zweimal hier.")
        async with page.expect_navigation() as navigation:
            await page.get_by_role("button", name="Meldung absenden").click()
    return await navigation.value


async def reported_twice(page: Page, city: dict[str, Any]) -> Any:
    return await reported(page, city, 2)


async def objecting_by_receipt(page: Page, city: dict[str, Any]) -> Any:
    await sent("/beitrag", number="{refused}", secret="{secret}")(page, city)
    async with page.expect_navigation() as navigation:
        await page.get_by_role("button", name="Beschwerde einlegen").click()
    return await navigation.value


KINDS = [
    Kind("start", "home", "", at("/"), "Wie soll Halle künstliche Intelligenz nutzen?"),
    Kind("list", "consultations", "", at("/beteiligung"), "Mitreden"),
    Kind("running consultation", "consultation", "", at("/beteiligung/leitlinien-und-einsatz"), "Leitlinien"),
    Kind("ended consultation", "consultation", "", at("/beteiligung/auftakt"), "Auftakt"),
    Kind("sealed consultation", "consultation", "", at("/beteiligung/verdeckt"), "Leitlinien für KI"),
    Kind("strategy", "strategy", "", at("/strategie"), "Die Strategie"),
    Kind("result", "result", "", at("/punkte/E1/ergebnis"), "E1: Was die Teilnehmenden sagen"),
    Kind("result, running", "result", "citizen", at("/punkte/E3/ergebnis"), "E3: Was die"),
    Kind("result, empty", "result", "", at("/punkte/Z1/ergebnis"), "Z1: Was die"),
    Kind("result, sealed", "result", "", at("/punkte/Z2/ergebnis"), "Z2: Was die"),
    Kind("search", "search", "", at("/suche"), "Suche"),
    Kind("search, found", "search", "", at("/suche?q=KI&wo=leitlinien-und-einsatz"), "Suche"),
    Kind("search, nothing", "search", "", at("/suche?q=Zwiebelkuchen"), "Suche"),
    Kind("search, too long", "search", "", at("/suche?q=" + "K" * 300), "Suche", 422),
    Kind("open point", "point", "", at("/punkte/E3"), "E3"),
    Kind("open point, signed in", "point", "citizen", at("/punkte/E3?sort=newest"), "E3"),
    Kind("ended point", "point", "", at("/punkte/E1"), "E1"),
    Kind("ended point, by votes", "point", "", at("/punkte/E1?sort=divided"), "E1"),
    Kind("open point, nothing voted on", "point", "admin", at("/punkte/E3?sort=agreed"), "E3"),
    Kind("point with new contributions", "point", "returning", at("/punkte/E3"), "E3"),
    Kind("point on paper", "point", "", at("/punkte/E1?druck=1"), "E1"),
    Kind("card", "cards", "citizen", at("/beteiligung/leitlinien-und-einsatz/karten"), CARDS),
    Kind("card after a vote", "play_card", "writer", voted, CARDS),
    Kind("cards, ten voted on", "cards", "writer", voted_ten, CARDS),
    Kind("cards, none yet", "cards", "citizen", at("/beteiligung/leer/karten"), CARDS),
    Kind("cards, over", "cards", "citizen", at("/beteiligung/auftakt/karten"), "Diese Beteiligung", 409),
    Kind("empty point", "point", "", at("/punkte/Z1"), "Z1"),
    Kind("sealed point", "point", "citizen", at("/punkte/Z2"), "Z2"),
    Kind("comment with replies", "comment", "", at("/beitraege/{talked}"), "Beitrag"),
    Kind("answered comment", "comment", "", at("/beitraege/{answered}"), "Beitrag"),
    Kind("own comment, waiting", "comment", "citizen", at("/beitraege/{waiting}"), "Beitrag"),
    Kind("own comment, rejected", "comment", "citizen", at("/beitraege/{refused}"), "Beitrag"),
    Kind("write", "write", "citizen", at("/faden/{thread}/schreiben"), "Beitrag schreiben"),
    Kind(
        "write with error",
        "do_write",
        "citizen",
        sent("/faden/{thread}/schreiben", text=" ", button="Absenden"),
        "Beitrag schreiben",
        422,
    ),
    Kind(
        "preview",
        "do_write",
        "citizen",
        sent("/faden/{thread}/schreiben", text="Bitte kurz fassen.\n\nDanke!", button="Vorschau"),
        "Beitrag schreiben",
    ),
    Kind(
        "preview with personal data",
        "do_write",
        "citizen",
        sent(
            "/faden/{thread}/schreiben", text="Rufen Sie an: 0345 123 45 67, www.x.example", button="Vorschau"
        ),
        "Beitrag schreiben",
    ),
    Kind(
        "stopped by the guard",
        "do_write",
        "citizen",
        sent("/faden/{thread}/schreiben", text="Rufen Sie an: 0345 123 45 67", button="Absenden"),
        "Beitrag schreiben",
        422,
    ),
    Kind(
        "receipt",
        "do_write",
        "writer",
        sent("/faden/{thread}/schreiben", text="Ein Satz zum Aufheben.", button="Absenden"),
        "Danke, Ihr Beitrag ist angekommen",
    ),
    Kind("write without an account", "write", "", at("/faden/{thread}/schreiben"), "Beitrag schreiben"),
    Kind(
        "receipt of a guest",
        "do_write",
        "",
        posted("/faden/{thread}/schreiben", text="Ein Satz ohne Konto.", guest="yes"),
        "Danke, Ihr Beitrag ist angekommen",
    ),
    Kind(
        "guest, riddle not solved",
        "do_write",
        "",
        posted("/faden/{thread}/schreiben", text="Ein Satz ohne Konto.", guest="yes", altcha="falsch"),
        "Beitrag schreiben",
        422,
    ),
    Kind("reply", "write_reply", "citizen", at("/beitraege/{talked}/antworten"), "Antwort schreiben"),
    Kind("edit", "edit", "citizen", at("/beitraege/{waiting}/bearbeiten"), "Beitrag bearbeiten"),
    Kind("take back", "withdraw", "citizen", at("/beitraege/{waiting}/zurueckziehen"), "Beitrag"),
    Kind("delete", "erase", "citizen", at("/beitraege/{waiting}/loeschen"), "Beitrag"),
    Kind(
        "delete with the receipt",
        "erase_by_receipt",
        "",
        posted("/beitrag/loeschen", number="{receipt}", secret="{secret}"),
        "Beitrag",
    ),
    Kind(
        "receipt to delete with", "erase_opened", "", at("/beitrag/loeschen"), "Meinen Beitrag wiederfinden"
    ),
    Kind(
        "receipt to change with", "edit_opened", "", at("/beitrag/bearbeiten"), "Meinen Beitrag wiederfinden"
    ),
    Kind(
        "change, secret missing",
        "edit_by_receipt",
        "",
        posted("/beitrag/bearbeiten", number="{receipt}", text="Davon geht nichts verloren."),
        "Meinen Beitrag wiederfinden",
        422,
    ),
    Kind("receipt to open", "receipt", "", at("/beitrag"), "Meinen Beitrag wiederfinden"),
    Kind("receipt, nothing entered", "open_receipt", "", posted("/beitrag"), "Meinen Beitrag", 422),
    Kind(
        "receipt, wrong",
        "open_receipt",
        "",
        sent("/beitrag", number="{receipt}", secret="falsch"),
        "Meinen Beitrag wiederfinden",
        404,
    ),
    Kind(
        "receipt, right",
        "open_receipt",
        "",
        sent("/beitrag", number="{receipt}", secret="{secret}"),
        "Meinen Beitrag wiederfinden",
    ),
    Kind("report", "report", "", at("/melden/{talked}"), "Beitrag {talked} melden"),
    Kind("report, nothing entered", "do_report", "", posted("/melden/{talked}"), "Beitrag {talked}", 422),
    Kind("report, own", "report", "citizen", at("/melden/{restored}"), "Das ist Ihr eigener Beitrag", 409),
    Kind("reported", "do_report", "writer", reported, "Danke, Ihre Meldung ist angekommen"),
    Kind("reported twice", "do_report", "writer", reported_twice, "Zu diesem Beitrag gibt es schon", 409),
    Kind("notice to open", "notice", "", at("/meldung"), "Meine Meldung"),
    Kind(
        "notice, wrong",
        "open_notice",
        "",
        sent("/meldung", number="{flagged_notice}", secret="falsch"),
        "Meine Meldung",
        404,
    ),
    Kind(
        "notice, open",
        "open_notice",
        "",
        sent("/meldung", number="{flagged_notice}", secret="{secret}"),
        "Meine Meldung",
    ),
    Kind(
        "notice, decided",
        "open_notice",
        "",
        sent("/meldung", number="{settled_notice}", secret="{secret}"),
        "Meine Meldung",
    ),
    Kind("appeal", "appeal", "citizen", at("/beitraege/{refused}/beschwerde"), "Beschwerde zu Beitrag"),
    Kind(
        "appeal with error",
        "do_appeal",
        "citizen",
        sent("/beitraege/{refused}/beschwerde", text="Nein.", button="Beschwerde absenden"),
        "Beschwerde zu Beitrag",
        422,
    ),
    Kind(
        "appeal, nothing to object to",
        "appeal",
        "citizen",
        at("/beitraege/{waiting}/beschwerde"),
        "Eine Beschwerde ist hier nicht möglich",
        409,
    ),
    Kind("appeal by receipt", "appeal_by_receipt", "", objecting_by_receipt, "Beschwerde zu Beitrag"),
    Kind(
        "appealed by receipt",
        "appeal_by_receipt",
        "",
        posted("/beitrag/beschwerde", number="{objected}", secret="{secret}", text="Noch einmal."),
        "Ihre Beschwerde ist angekommen",
    ),
    Kind("own comment, appealed", "comment", "citizen", at("/beitraege/{objected}"), "Beitrag"),
    Kind("own comment, appeal failed", "comment", "citizen", at("/beitraege/{kept}"), "Beitrag"),
    Kind("own comment, appeal succeeded", "comment", "citizen", at("/beitraege/{restored}"), "Beitrag"),
    Kind("restored comment", "comment", "", at("/beitraege/{restored}"), "Beitrag"),
    Kind("case with an appeal", "case", "moderator", at("/moderation/{objected}"), "Beitrag {objected}"),
    Kind("case with a notice", "case", "moderator", at("/moderation/{flagged}"), "Beitrag {flagged}"),
    Kind("register", "register", "", at("/konto/anlegen"), "Konto anlegen"),
    Kind("register, nothing entered", "do_register", "", posted("/konto/anlegen"), "Konto anlegen", 422),
    Kind("registered", "do_register", "", registered, "Fast geschafft"),
    Kind("confirm", "confirm", "", at("/konto/bestaetigen?schluessel=x"), "E-Mail-Adresse bestätigen"),
    Kind("sign in", "sign_in", "", at("/konto/anmelden"), "Anmelden"),
    Kind(
        "sign in, wrong password",
        "do_sign_in",
        "",
        sent("/konto/anmelden", email="citizen@halle.example", password="falsch"),
        "Anmelden",
        422,
    ),
    Kind("sign in needed", "account", "", at("/konto"), "Bitte melden Sie sich an", 401),
    Kind(
        "sign in needed, text kept",
        "do_write",
        "",
        posted("/faden/{thread}/schreiben", text="Davon geht nichts verloren.", stance="agree"),
        "Bitte melden Sie sich an",
        401,
    ),
    Kind(
        "signed in, text waits",
        "do_sign_in",
        "",
        posted(
            "/konto/anmelden",
            email="{email}",
            password="{password}",
            retry="/faden/{thread}/schreiben",
            **{"keep.text": "Davon geht nichts verloren."},
        ),
        "Sie sind angemeldet",
    ),
    Kind("forgot", "forgot", "", at("/konto/passwort-vergessen"), "Passwort vergessen"),
    Kind(
        "forgot, sent",
        "do_forgot",
        "",
        sent("/konto/passwort-vergessen", email="niemand@halle.example"),
        "Bitte sehen Sie in Ihr Postfach",
    ),
    Kind("reset", "reset", "", at("/konto/passwort?schluessel=x"), "Neues Passwort setzen"),
    Kind("account", "account", "citizen", at("/konto"), "Mein Konto"),
    Kind("account, empty", "account", "admin", at("/konto"), "Mein Konto"),
    Kind("netiquette", "rules", "", at("/netiquette"), "Netiquette"),
    Kind("figures of moderation", "transparency", "", at("/transparenz"), "So wird moderiert"),
    Kind(
        "figures, one", "transparency_of", "", at("/transparenz/leitlinien-und-einsatz"), "So wird moderiert:"
    ),
    Kind("terms", "terms", "", at("/teilnahmebedingungen"), "Teilnahmebedingungen"),
    Kind("imprint", "imprint", "", at("/impressum"), "Impressum"),
    Kind("privacy", "privacy", "", at("/datenschutz"), "Datenschutz"),
    Kind("accessibility", "accessibility", "", at("/barrierefreiheit"), "Erklärung zur Barrierefreiheit"),
    Kind("not found", "point", "", at("/punkte/XYZ"), "Diese Seite gibt es nicht", 404),
    Kind(
        "conflict", "write", "citizen", at("/faden/{ended}/schreiben"), "Diese Beteiligung ist beendet", 409
    ),
    Kind(
        "conflict, text kept",
        "do_write",
        "citizen",
        posted("/faden/{ended}/schreiben", text="Zu spät, aber nicht verloren."),
        "Diese Beteiligung ist beendet",
        409,
    ),
    Kind(
        "invalid",
        "vote",
        "citizen",
        posted("/beitraege/{talked}/stimme", vote="vielleicht"),
        "Bitte prüfen Sie Ihre Eingabe",
        422,
    ),
    Kind("forbidden", "queue", "citizen", at("/moderation"), "Das ist hier nicht erlaubt", 403),
    Kind("queue", "queue", "moderator", at("/moderation"), "Moderation"),
    Kind("queue, empty", "queue", "moderator", with_empty_queue, "Moderation"),
    Kind("queue, reported", "queue", "moderator", at("/moderation?zeige=gemeldet"), "Moderation"),
    Kind("queue, nothing", "queue", "moderator", at("/moderation?feld=Nirgends&ordnung=dauer"), "Moderation"),
    Kind("queue, nothing chosen", "choose", "moderator", posted("/moderation/auswahl"), "Moderation", 422),
    Kind("many chosen", "choose", "moderator", chosen, "3 Beiträge gemeinsam"),
    Kind("many decided", "decide_many", "moderator", decided_nothing, "0 Beiträge ver"),
    Kind("keys", "keys", "moderator", at("/moderation/tasten"), "Tasten in der Moderation"),
    Kind("case, reported", "case", "moderator", at("/moderation/{reported}"), "Beitrag {reported} prüfen"),
    Kind("case, appeal", "case", "moderator", at("/moderation/{contested}"), "Beitrag {contested} prüfen"),
    Kind(
        "case, original",
        "original",
        "moderator",
        posted("/moderation/{contested}/original"),
        "Beitrag {contested}",
    ),
    Kind("case, merged", "case", "moderator", at("/moderation/{merged}"), "Beitrag {merged} prüfen"),
    Kind(
        "merge, no such number",
        "merge",
        "moderator",
        posted("/moderation/{reported}/zusammenfuehren", entry="XYZ"),
        "Beitrag {reported} prüfen",
        422,
    ),
    Kind(
        "overtaken",
        "decide",
        "moderator",
        posted(
            "/moderation/{rejected}/entscheiden", decision="publish", reasons="Nichts davon geht verloren."
        ),
        "Inzwischen hat sich etwas geändert",
        409,
    ),
    Kind("block", "block_author", "moderator", at("/moderation/{reported}/sperren"), "Autorin oder Autor"),
    Kind(
        "block, wrong",
        "do_block_author",
        "moderator",
        posted("/moderation/{reported}/sperren", why="Darum."),
        "Autorin oder Autor",
        422,
    ),
    Kind(
        "thread to close",
        "thread_closing",
        "moderator",
        at("/moderation/faden/{thread}"),
        "Diskussion schließen",
    ),
    Kind(
        "close, wrong",
        "close_thread",
        "moderator",
        posted("/moderation/faden/{thread}/schliessen"),
        "Diskussion schließen",
        422,
    ),
    Kind(
        "closed thread", "thread_closing", "moderator", at("/moderation/faden/{closed}"), "Diskussion wieder"
    ),
    Kind("closed point", "point", "", at("/punkte/Z5"), "Z5"),
    Kind("case with signs", "case", "moderator", at("/moderation/{signs}"), "Beitrag {signs} prüfen"),
    Kind("case with errors", "decide", "moderator", decided_without_rule, "Beitrag {signs} prüfen", 422),
    Kind("case, decided", "case", "moderator", at("/moderation/{rejected}"), "Beitrag {rejected} prüfen"),
    Kind("case, own", "case", "moderator", at("/moderation/{own}"), "Beitrag {own} prüfen"),
    Kind("journal", "journal", "moderator", at("/moderation/protokoll"), "Protokoll"),
    Kind("mails of moderators", "own_mails", "moderator", at("/moderation/mails"), "Mails über Wartendes"),
    Kind(
        "mails, nothing chosen",
        "set_own_mails",
        "moderator",
        posted("/moderation/mails"),
        "Mails über Wartendes",
        422,
    ),
    Kind("hints", "vote_hints", "moderator", with_hints, "Auffälliges bei den Stimmen"),
    Kind("hints, none", "vote_hints", "moderator", with_no_hints, "Auffälliges bei den Stimmen"),
    Kind("absences", "own_absences", "moderator", at("/moderation/vertretung"), "Abwesenheit und Vertretung"),
    Kind("administration", "administration", "admin", at("/verwaltung"), "Verwaltung"),
    Kind("people", "people", "admin", at("/verwaltung/personen"), "Personen und Rollen"),
    Kind(
        "nobody found", "people", "admin", at("/verwaltung/personen?suche=niemandda"), "Personen und Rollen"
    ),
    Kind("invite", "invite", "admin", at("/verwaltung/personen/einladen"), "Person einladen"),
    Kind(
        "invite, wrong",
        "do_invite",
        "admin",
        posted("/verwaltung/personen/einladen", email="anna"),
        "Person einladen",
        422,
    ),
    Kind("person", "person", "admin", at("/verwaltung/personen/{away}"), "{away_email}"),
    Kind("circles", "circles", "admin", at("/verwaltung/kreise"), "Kreise"),
    Kind("circle", "circle", "admin", at("/verwaltung/kreise/{circle}"), "Bauamt"),
    Kind("point of a circle", "point", "member", at("/punkte/Z4"), "Z4"),
    Kind("panel", "panel", "panelist", at("/gremium"), "Gremium"),
    Kind("committee", "committee", "committee", at("/ausschuss"), "Ausschuss"),
    Kind("job, running", "job", "panelist", at("/auftraege/{job_running}"), "Daten zu"),
    Kind("job, done", "job", "panelist", at("/auftraege/{job_done}"), "Daten zu"),
    Kind("job, failed", "job", "panelist", at("/auftraege/{job_failed}"), "Daten zu"),
    Kind("appearance", "appearance", "admin", at("/verwaltung/erscheinungsbild"), "Erscheinungsbild"),
    Kind(
        "appearance, wrong",
        "save_appearance",
        "admin",
        sent("/verwaltung/erscheinungsbild", accent="#ffcc00", phone="12", button="Speichern"),
        "Erscheinungsbild",
        422,
    ),
    Kind(
        "appearance, preview",
        "save_appearance",
        "admin",
        sent("/verwaltung/erscheinungsbild", accent="#7d6300", platform="Neustadt", button="Vorschau"),
        "Erscheinungsbild",
    ),
    Kind("wording", "wording", "", at("/punkte/Z18/verlauf"), "Verlauf von Z18"),
    Kind("wording, never changed", "wording", "", at("/punkte/E3/verlauf"), "Verlauf von E3"),
    Kind("informations", "pages", "", at("/seiten"), "Informationen"),
    Kind("information", "page", "", at("/seiten/so-geht-es"), "So geht es"),
    Kind("desk of editors", "editing", "editor", at("/redaktion"), "Redaktion"),
    Kind("list of points", "edit_list", "editor", at("/redaktion/punkte"), "Punkte"),
    Kind("list of pages", "edit_list", "editor", at("/redaktion/seiten"), "Seiten"),
    Kind("new consultation", "edit_new", "editor", at("/redaktion/beteiligungen/neu"), "Neue Beteiligung"),
    Kind("new measure", "edit_new", "editor", at("/redaktion/massnahmen/neu"), "Neue Maßnahme"),
    Kind("planned", "edit_item", "editor", at("/redaktion/beteiligungen/{planned}"), "In Vorbereitung"),
    Kind("point to edit", "edit_item", "editor", at("/redaktion/punkte/{changed}"), "Kennzeichnung"),
    Kind("legal page to edit", "edit_item", "editor", at("/redaktion/seiten/{imprint}"), "Impressum"),
    Kind(
        "netiquette to edit",
        "edit_item",
        "editor",
        at(f"/redaktion/netiquette/{rulebooks.UID}"),
        "Netiquette",
    ),
    Kind(
        "editing with errors",
        "edit_save",
        "editor",
        sent("/redaktion/punkte/{changed}", **{"documents-0-address": "http://x"}, button="Vorschau"),
        "Kennzeichnung",
        422,
    ),
    Kind(
        "editing, overtaken",
        "edit_save",
        "editor",
        posted("/redaktion/punkte/{changed}", base="1", title="Anders", text="Was eine KI malt."),
        "Kennzeichnung",
        409,
    ),
    Kind(
        "preview of a plan",
        "edit_preview",
        "editor",
        at("/redaktion/beteiligungen/{planned}/vorschau"),
        "Vorschau",
    ),
    Kind(
        "preview of a point", "edit_preview", "editor", at("/redaktion/punkte/{changed}/vorschau"), "Vorschau"
    ),
    Kind("preview of a page", "edit_preview", "editor", at("/redaktion/seiten/{info}/vorschau"), "Vorschau"),
    Kind(
        "all versions", "edit_history", "editor", at("/redaktion/punkte/{changed}/verlauf"), "Alle Fassungen"
    ),
    Kind(
        "versions of what is gone",
        "edit_history",
        "editor",
        at("/redaktion/felder/{gone}/verlauf"),
        "Alle Fassungen",
    ),
    Kind(
        "one version",
        "edit_step",
        "editor",
        at("/redaktion/punkte/{changed}/verlauf/2"),
        "2. Entwurf gespeichert",
    ),
    Kind("demo mail", "demo_mail", "", at("/demo/post"), "Post der Demonstration"),
    Kind("demo mail, none", "demo_mail", "", with_no_mail, "Post der Demonstration"),
    Kind("one demo mail", "demo_mail_one", "", at("/demo/post/{one_mail}"), "Ihr "),
]


@pytest.fixture(scope="session")
def kept() -> dict[str, Any]:
    return {}


@pytest.fixture
async def city(kept, live, database, owner, make, work):
    """What fills the addresses of the list; the rarer states are added once to the demonstration."""
    if not kept:
        words = await scenes.rare(database, make, live.people, work)
        mail = min(live.mail.glob("*.eml"), key=lambda file: int(file.stem))
        kept.update(words, one_mail=mail.stem, mail=live.mail, owner=owner, alone=asyncio.Lock())
    return kept


MODES = [(scheme, width) for scheme in ("light", "dark") for width in (1280, 320)]


@pytest.fixture(scope="session")
async def tabs(chromium, live):
    """One tab per mode for all pages, so that fonts and styles are fetched once."""
    contexts = [
        await open_context(chromium, live, width=width, color_scheme=scheme) for scheme, width in MODES
    ]
    yield {mode: await context.new_page() for mode, context in zip(MODES, contexts, strict=True)}
    for context in contexts:
        await context.close()


async def visitor(who: str, make, live, city) -> Any:
    """Somebody of the demonstration, or somebody new: for what can be done once, or who was here a week ago."""
    if who not in {"writer", "returning"}:
        return live.people.get(who)
    person = await make.citizen()
    if who == "returning":
        week = clock.now() - timedelta(days=7)
        await make.row(Visit, person_id=person.id, thread_id=int(city["thread"]), last_at=week)
    return person


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
async def test_page(kind, visit, tabs, city, live, make):
    async def seen(scheme: str, width: int) -> list[str]:
        person = await visitor(kind.who, make, live, city)
        page = await visit(person, tab=tabs[scheme, width], refusals=(kind.status,))
        answer = await kind.opened(page, city)
        heading = await page.locator("h1").inner_text()
        expected = (kind.status, kind.heading.format(**city))
        assert (answer.status, heading[: len(expected[1])]) == expected
        found = await findings(page, "light" if kind.name in WHOLE else scheme) + await beyond_the_edge(
            page, width
        )
        await page.evaluate("sessionStorage.clear()")
        await page.goto("about:blank")
        return [f"{scheme}, {width} px: {each}" for each in found]

    assert [found for mode in await asyncio.gather(*(seen(*mode) for mode in MODES)) for found in mode] == []


async def findings(page: Page, rules: str) -> list[str]:
    """What axe says; in the dark it looks at the colours, the rest is the same page but for a few kinds."""
    results = await Axe().run(page, options={"resultTypes": ["violations"], "runOnly": RULES[rules]})
    return [
        f"{violation['id']}: {node['html'][:300]}"
        for violation in results.response["violations"]
        for node in violation["nodes"]
    ]


async def beyond_the_edge(page: Page, width: int) -> list[str]:
    """What does not fit at this width; on a phone also at 400 % zoom."""
    found = []
    for height in (900, 256) if width == 320 else (900,):
        await page.set_viewport_size({"width": width, "height": height})
        found += await page.evaluate(TOO_WIDE)
    return found


TOO_WIDE = """() => document.documentElement.scrollWidth <= document.documentElement.clientWidth ? [] :
    [...document.querySelectorAll("body *")]
        .filter((element) => element.getBoundingClientRect().right > document.documentElement.clientWidth)
        .map((element) => "too wide: " + element.outerHTML.slice(0, 200))"""


def test_every_page_of_ours_is_in_the_list():
    pages = {route.name for route in ROUTES if "GET" in route.methods} - NOT_HTML

    assert pages - {kind.route for kind in KINDS} == set()
