"""A case per rule of the Netiquette, from the notice to the answer to the appeal, in a real browser."""

import tomllib
from pathlib import Path

import pytest
from playwright.async_api import expect

import consultations.demo
from moderation import decisions
from tests.journeys.scenes import thread_of
from tests.make import Made

RULES = tomllib.loads((Path(consultations.demo.__file__).parent / "netiquette.toml").read_text("utf-8"))[
    "rule"
]
# by rule: what was written, and as what it is reported
SAID = {
    "1": ("So einen Unsinn liest man selten, da war wohl jemand zu faul.", "insult"),
    "2": ("Die da aus der Nordstadt taugen alle nichts.", "hate"),
    "3": ("Fragen Sie Frau Beispiel, die wohnt im Ufergang 7.", "personal"),
    "4": ("Wann wird endlich die Straßenlaterne vor der Schule repariert?", "other"),
    "5": ("Bei mir bekommen Sie den besten Kurs zum halben Preis.", "spam"),
    "6": ("Bitte kennzeichnen Sie jeden Text, den eine KI geschrieben hat!", "other"),
    "7": ("Wer das einführt, sollte sich nachts besser umdrehen.", "unlawful"),
    "8": ("Seit jeher bewegt die Menschheit die Frage nach dem Wesen des Denkens.", "other"),
    "9": ("Die Leiterin hat das Geld für die Geräte in die eigene Tasche gesteckt.", "false"),
}
ADDED = " Es geht um den zweiten Halbsatz."
APPEAL = "Ich habe das anders gemeint und bitte darum, es noch einmal zu lesen."
ANSWERS = {
    "restore": "Wir haben es noch einmal gelesen. Der Satz ist scharf, aber er verstößt gegen keine Regel.",
    "keep": "Wir haben es noch einmal gelesen und bleiben dabei: So kann der Satz hier nicht stehen.",
}
ITEMS = ["Was", "Warum", "Regel", "Wo und wie lange", "Anlass", "Mensch oder Programm", "Was Sie tun können"]


@pytest.fixture
async def case(make, database):
    """Somebody's public contribution, who wrote it, and two people who moderate."""

    async def made(text: str) -> Made:
        author = await make.citizen()
        comment = await make.comment(Made(id=await thread_of(database, "E3")), author, text=text)
        return Made(
            number=comment.number, author=author, first=await make.moderator(), second=await make.moderator()
        )

    return made


def test_every_rule_has_a_case():
    assert [rule["number"] for rule in RULES] == list(SAID)


@pytest.mark.parametrize("rule", RULES, ids=[rule["number"] for rule in RULES])
async def test_from_the_notice_to_the_answer_to_the_appeal(visit, mails, case, rule):
    text, category = SAID[rule["number"]]
    kind = "keep" if int(rule["number"]) % 2 else "restore"
    about = await case(text)
    address = f"melderin-{about.number.lower()}@x.example"

    reporter = await visit()
    number, secret = await report(reporter, about.number, category, address)
    desk = await visit(about.first, refusals=(409,))
    reasons = await hide(desk, about.number, rule)
    await told(reporter, number, secret, "ausgeblendet", rule)

    author = await visit(about.author)
    await reads_seven_items(author, about.number, rule, reasons)
    await in_the_mail(await mails(about.author.email), rule, reasons, address)
    await appeal(author)

    await cannot_decide_twice(desk, about.number)
    await answer(await visit(about.second), about.number, kind)

    await author.reload()
    await expect(author.get_by_text(ANSWERS[kind])).to_be_visible()
    assert ANSWERS[kind] in " ".join((await mails(about.author.email))[-1].get_content().split())
    await in_public(await visit(refusals=(404,)), about.number, kind)
    outcome = (await mails(address))[-1].get_content()
    assert ("ausgeblendet" in outcome, reasons in outcome) == (True, False)


async def report(page, number, category, address):
    await page.goto(f"/beitraege/{number}")
    await page.get_by_role("link", name="Melden", exact=True).click()
    await page.locator(f"[name=category][value={category}]").check()
    await page.get_by_label("Was stimmt an diesem Beitrag nicht?").fill("Das gehört so nicht hierher.")
    await page.get_by_label("Ihre E-Mail-Adresse").fill(address)
    await page.get_by_role("button", name="Meldung absenden").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Danke, Ihre Meldung ist angekommen")
    return [await page.locator(f".receipt__{part}").inner_text() for part in ("number", "secret")]


async def hide(page, number, rule):
    """The first moderator sees the notice and hides the contribution; returns the reasons they gave."""
    await page.goto(f"/moderation/{number}")
    await expect(page.locator(".matter")).to_contain_text("Das gehört so nicht hierher.")
    await page.locator(f"[name=rule][data-key='{rule['number']}']").check()
    reasons = page.locator("[name=reasons]")
    await reasons.press("Control+End")
    await reasons.press_sequentially(ADDED)
    given = await reasons.input_value()
    await page.locator("[name=decision][value=hide]").click()
    await expect(page.get_by_text(f"Beitrag {number} ausgeblendet.")).to_be_visible()
    return " ".join(given.split())


async def told(page, number, secret, what, rule):
    """The reporter opens the receipt."""
    await page.get_by_role("link", name="Meine Meldung").first.click()
    await page.get_by_label("Meldungsnummer").fill(number.lower())
    await page.get_by_label("Schlüssel vom Beleg").fill(secret)
    await page.get_by_role("button", name="Meldung ansehen").click()
    await expect(page.locator(".statement")).to_contain_text(what)
    await expect(page.locator(".statement")).to_contain_text(f"Regel {rule['number']}: {rule['title']}")


async def reads_seven_items(page, number, rule, reasons):
    await page.goto("/konto")
    await page.get_by_role("link", name=f"Nr. {number}").click()
    statement = page.get_by_role("region", name="Entscheidung der Moderation")
    await expect(statement.locator("dt")).to_have_text(ITEMS)
    told = [" ".join(each.split()) for each in await statement.locator("dd").all_inner_texts()]
    assert f"Ihr Beitrag {number} zu" in told[0]
    assert told[1] == reasons
    assert told[2] == f"Regel {rule['number']}: {rule['title']} (Netiquette, Fassung 1.0)"
    assert "Das gilt ohne Ende, es sei denn, eine Beschwerde ändert es." in told[3]
    assert told[4] == "Jemand hat Ihren Beitrag gemeldet. Wer das war, sagen wir nicht."
    assert "Gelesen und entschieden hat ein Mensch." in told[5]
    assert "Das kostet nichts, und es entscheidet eine andere Person." in told[6]


async def in_the_mail(mails, rule, reasons, address):
    text = " ".join(mails[-1].get_content().split())
    items = [item if item != "Regel" else f"Regel {rule['number']}" for item in ITEMS]
    missing = [item for item in items if f"{item}: " not in text]
    assert (missing, reasons in text, rule["title"] in text, address in text) == ([], True, True, False)


async def appeal(page):
    await page.get_by_role("link", name="Beschwerde einlegen").click()
    await page.get_by_label("Ihre Beschwerde").fill(APPEAL)
    await page.get_by_role("button", name="Beschwerde absenden").click()
    await expect(page.get_by_text("Ihre Beschwerde ist angekommen")).to_be_visible()


async def cannot_decide_twice(page, number):
    """Neither offered nor accepted: the form of before, sent again, is refused."""
    await page.goto(f"/moderation/{number}")
    await expect(page.get_by_text(decisions.OWN_APPEALED)).to_be_visible()
    await expect(page.locator("[name=decision]")).to_have_count(0)
    answer = await page.evaluate(
        """async (address) => {
            const body = new URLSearchParams({decision: "keep", revision: 3, reasons: "x".repeat(30)});
            return (await fetch(address, {method: "POST", body})).status;
        }""",
        f"/moderation/{number}/entscheiden",
    )
    assert answer == 409


async def answer(page, number, kind):
    await page.goto(f"/moderation/{number}")
    await expect(page.locator(".matter")).to_contain_text(APPEAL)
    await page.locator("[name=reasons]").fill(ANSWERS[kind])
    await page.locator(f"[name=decision][value={kind}]").click()
    done = {"restore": "wiederhergestellt", "keep": "bleibt, wie er ist"}[kind]
    await expect(page.get_by_text(f"Beitrag {number} {done}.")).to_be_visible()


async def in_public(page, number, kind):
    response = await page.goto(f"/beitraege/{number}")
    note = page.get_by_text("Nach einer Beschwerde wiederhergestellt am")
    await expect(note).to_have_count(int(kind == "restore"))
    assert response.status == (200 if kind == "restore" else 404)
