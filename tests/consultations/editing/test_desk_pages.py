"""The editors' pages without JavaScript: forms keep what was typed, and say what is wrong at its field."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from consultations.editing import rulebooks
from consultations.editing.pages import LEGAL_UIDS
from consultations.tables import Version
from dialogue.kit import clock
from tests.consultations.editing.conftest import AREA, PAGE, POINT, consultation
from tests.make import PASSWORD

IMPRINT = next(uid for uid, slug in LEGAL_UIDS.items() if slug == "impressum")


@pytest.fixture
async def editor(browser, make):
    await browser.sign_in(await make.person("editor"))
    return browser


def sent(page):
    """The editor's form as it stands, with the choice each select shows."""
    form = page.one("form.form[action^='/redaktion'] [name=base]").find_parent("form")
    chosen = {
        str(each["name"]): str((each.select_one("[selected]") or each.select_one("option"))["value"])
        for each in form.select("select")
    }
    return str(form["action"]), page.form(str(form["action"])) | chosen


async def test_a_new_area_is_saved_previewed_and_published(editor):
    action, form = sent(await editor.get("/redaktion/felder/neu"))

    preview = await editor.post(action, **(form | AREA | {"action": "preview"}))
    before = await editor.get("/strategie")
    done = await editor.post(f"{action}/veroeffentlichen", **preview.form(f"{action}/veroeffentlichen"))

    assert preview.words(".paper") == "Ethik Was gelten soll."
    assert "Ethik" not in before.words()
    assert done.words(".kern-alert") == "„Ethik“ ist veröffentlicht So sehen es jetzt alle"
    assert (await editor.get("/strategie")).words("main h2") == "Ethik"


async def test_without_a_title_nothing_is_saved_and_everything_stays(editor, owner):
    action, form = sent(await editor.get("/redaktion/felder/neu"))

    page = await editor.post(action, **(form | {"summary": "Nicht verlieren."}))

    assert page.status == 422
    assert page.words(".errors li") == "Bitte füllen Sie „Name des Handlungsfelds“ aus."
    assert page.words("#title-error") == "Bitte füllen Sie „Name des Handlungsfelds“ aus."
    assert sent(page)[1]["summary"] == "Nicht verlieren."
    assert await owner.fetchval("SELECT count(*) FROM versions") == 0


async def test_a_text_too_long_says_by_how_much_and_stays(editor):
    action, form = sent(await editor.get("/redaktion/felder/neu"))

    page = await editor.post(action, **(form | {"title": "x" * 201}))

    assert page.words("#title-error") == "Bitte höchstens 200 Zeichen; jetzt sind es 201."
    assert sent(page)[1]["title"] == "x" * 201


async def test_impossible_days_are_said_at_their_fields(editor):
    action, form = sent(await editor.get("/redaktion/beteiligungen/neu"))
    today = clock.today()
    days = {
        "starts_on": str(today),
        "ends_on": str(today - timedelta(days=1)),
        "evaluation-starts_on": str(today),
        "sealed_until": "31.12.",
    }

    wrong = await editor.post(action, **(form | {"title": "Was nun?"} | days))
    again = await editor.post(action, **(sent(wrong)[1] | {"sealed_until": ""}))

    assert (wrong.status, again.status) == (422, 422)
    assert wrong.words("#sealed_until-error") != ""
    assert sent(wrong)[1]["sealed_until"] == "31.12."
    assert again.words("#ends_on-error") == "Das Ende liegt vor dem Beginn."
    assert sent(again)[1]["evaluation-starts_on"] == str(today)


async def test_one_more_document_without_saving(editor, owner, make):
    point = await make.point(documents=[{"title": "Beschluss", "note": "2024"}])
    action, form = sent(await editor.get(f"/redaktion/punkte/{point.uid}"))

    page = await editor.post(action, **(form | {"text": "Neu.", "action": "add-documents"}))

    assert page.words(".part legend") == "Dokument 1 Dokument 2"
    assert sent(page)[1]["text"] == "Neu."
    assert await owner.fetchval("SELECT count(*) FROM versions") == 0


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "http://halle.example", "halle.example", "https://", "https://[x"]
)
async def test_a_document_leads_only_to_a_secure_address(editor, make, address):
    point = await make.point()
    action, form = sent(await editor.get(f"/redaktion/punkte/{point.uid}"))

    document = {"documents-0-title": "Beschluss", "documents-0-address": address}
    page = await editor.post(action, **(form | document))

    assert page.status == 422
    assert page.words("#documents-0-address-error").startswith("Bitte geben Sie eine vollständige Adresse an")


async def test_a_document_with_its_address_stands_at_the_point(editor, make):
    point = await make.point()
    action, form = sent(await editor.get(f"/redaktion/punkte/{point.uid}"))
    document = {"documents-0-title": "Beschluss", "documents-0-address": "https://halle.example/a"}

    await editor.post(action, **(form | document))
    preview = await editor.get(f"{action}/vorschau")
    await editor.post(f"{action}/veroeffentlichen", **preview.form(f"{action}/veroeffentlichen"))

    link = (await editor.get(f"/punkte/{point.code}")).one("#punkt li a")
    assert (link["href"], link["rel"], link.text) == ("https://halle.example/a", ["noopener"], "Beschluss")


async def test_the_second_editor_sees_both_versions_and_takes_over(editor, new_browser, make, desk):
    uid = await desk.save("area", **AREA)
    second = new_browser()
    await second.sign_in(await make.person("editor"))
    address = f"/redaktion/felder/{uid}"
    (_, mine), (_, theirs) = sent(await editor.get(address)), sent(await second.get(address))

    await editor.post(address, **(mine | {"summary": "Was alle wissen sollen."}))
    conflict = await second.post(address, **(theirs | {"summary": "Was gelten muss."}))
    taken = await second.post(address, **sent(conflict)[1])

    assert conflict.status == 409
    told = [each.get_text() for each in conflict.select(".change--pair dd")]
    assert [re.sub(r"\[\w+:\] | \[Ende\]", "", each) for each in told] == [
        "Was alle wissen sollen.",
        "Was gelten muss.",
    ]
    assert conflict.select(".change--pair del") != []
    assert sent(conflict)[1]["summary"] == "Was gelten muss."
    assert (taken.status, sent(taken)[1]["summary"]) == (200, "Was gelten muss.")


async def test_the_form_of_somebody_signed_out_waits_for_them(new_browser, desk, make):
    uid, person = await desk.save("area", **AREA), await make.person("editor")
    visitor, address = new_browser(), f"/redaktion/felder/{uid}"

    asked = await visitor.post(address, base="1", title="Ethik", summary="Lang getippt.")
    kept = asked.form("/konto/anmelden")
    known = {"email": person.email, "password": PASSWORD}
    from_there = await visitor.post("/konto/anmelden", **(kept | known))
    saved = await visitor.post(address, **from_there.form(address))

    assert asked.status == 401
    assert sent(saved)[1]["summary"] == "Lang getippt."


async def test_what_is_missing_leads_to_where_it_is_mended(editor, desk):
    home = await desk.save("consultation", **consultation(privacy="", starts_on="", ends_on=""))

    page = await editor.get("/redaktion")
    refused = await editor.post(f"/redaktion/beteiligungen/{home}/veroeffentlichen", base="1")

    here = f"/redaktion/beteiligungen/{home}"
    expected = [
        ("Der erste Tag fehlt.", f"{here}#starts_on"),
        ("Der letzte Tag fehlt.", f"{here}#ends_on"),
        ("Der Hinweis zum Datenschutz fehlt.", f"{here}#privacy"),
        (
            "Die Netiquette fehlt: Ohne Regeln öffnet keine Beteiligung.",
            f"/redaktion/netiquette/{rulebooks.UID}",
        ),
        (
            "Es fehlt mindestens ein Punkt, über den gesprochen wird.",
            f"/redaktion/punkte/neu?beteiligung={home}",
        ),
    ]
    assert [(each.text, each["href"]) for each in page.select(".gaps a")] == expected
    assert refused.status == 422
    assert [(each.text, each["href"]) for each in refused.select(".gaps a")] == expected
    for _, address in expected:
        at, _, field = address.partition("#")
        assert len((await editor.get(at)).select(f"#{field}" if field else "h1")) == 1


async def test_a_draft_and_its_thread_answer_nobody(editor, make, desk, owner):
    await desk.rules()
    home, _ = await desk.opened()
    await editor.post(f"/redaktion/beteiligungen/{home}/zuruecknehmen", base="2")
    thread = await owner.fetchval("SELECT id FROM threads")

    addresses = ["/beteiligung/ein-satz", "/punkte/P1", "/punkte/P1/verlauf", f"/faden/{thread}/schreiben"]
    seen = [(await editor.get(address)).status for address in addresses]
    answered = await editor.post(f"/faden/{thread}/haltung", stance="agree")

    assert (seen, answered.status) == ([404] * 4, 404)


async def test_contact_and_privacy_of_an_open_consultation_are_public(browser, desk):
    await desk.rules()
    await desk.opened(contact="Zimmer 7", privacy="Wir speichern nichts.")

    page = await browser.get("/beteiligung/ein-satz")

    assert page.words("#hintergrund + .prose").endswith("Fragen? Zimmer 7 Datenschutz Wir speichern nichts.")


async def test_the_history_compares_and_brings_back(editor, desk):
    uid = await desk.published("area", **AREA)
    await desk.save("area", uid, summary="Was gelten muss.")
    address = f"/redaktion/felder/{uid}"

    listed = await editor.get(f"{address}/verlauf")
    step = await editor.get(f"{address}/verlauf/3")
    first = await editor.get(f"{address}/verlauf/1")
    back = await editor.post(f"{address}/wiederherstellen", **first.form(f"{address}/wiederherstellen"))

    assert [link.text for link in listed.select(".rows a")] == [
        "3. Entwurf gespeichert",
        "2. Veröffentlicht",
        "1. Entwurf gespeichert",
    ]
    assert step.words(".change dd") == "Was gelten [entfernt:] soll [Ende] [neu:] muss [Ende] ."
    assert sent(back)[1]["summary"] == "Was gelten soll."


async def test_a_discarded_draft_can_be_found_again(editor, desk):
    uid = await desk.save("page", **PAGE)

    desk_page = await editor.post(f"/redaktion/seiten/{uid}/verwerfen", base="1")
    link = desk_page.one("#verworfen + .rows a")
    found = await editor.get(str(link["href"]))
    asked = await editor.get(f"/redaktion/seiten/{uid}")

    assert link.text == "So geht es"
    assert (found.status, asked.path) == (200, f"/redaktion/seiten/{uid}/verlauf")


async def test_html_in_a_page_is_shown_as_typed_and_the_preview_says_so(editor):
    action, form = sent(await editor.get("/redaktion/seiten/neu"))
    words = {"title": "Hilfe", "text": "<b>Fett</b> <script>alert(1)</script> [x](javascript:alert(1))"}

    preview = await editor.post(action, **(form | words | {"action": "preview"}))
    await editor.post(f"{action}/veroeffentlichen", **preview.form(f"{action}/veroeffentlichen"))
    public = await editor.get("/seiten/hilfe")

    assert preview.words(".kern-title") == "Der Text enthält HTML"
    assert public.words(".prose .prose") == words["text"]
    assert public.select(".prose .prose a, .prose .prose b") == []
    assert (await editor.get("/seiten")).select("main a[href='/seiten/hilfe']") != []


async def test_a_legal_page_counts_as_unchecked_until_an_office_signs_it_off(editor, browser):
    address = f"/redaktion/seiten/{IMPRINT}"
    before = await browser.get("/impressum")
    action, form = sent(await editor.get(address))
    await editor.post(action, **(form | {"text": "## Wer\n\nDie Stadt."}))
    preview = await editor.get(f"{address}/vorschau")
    await editor.post(f"{address}/veroeffentlichen", **preview.form(f"{address}/veroeffentlichen"))
    unread = await browser.get("/impressum")
    form = (await editor.get(address)).form(f"{address}/freigeben")
    nobody = await editor.post(f"{address}/freigeben", **(form | {"office": " "}))
    await editor.post(f"{address}/freigeben", **(form | {"office": "Rechtsamt"}))
    read = await browser.get("/impressum")

    assert "nicht geprüft" in before.words(".aside-note")
    assert unread.words(".prose .prose") == "Wer Die Stadt."
    assert unread.words(".aside-note") == "Rechtlich noch nicht geprüft."
    assert (nobody.status, len(nobody.select("#office-error"))) == (422, 1)
    assert read.select(".aside-note") == []
    assert read.words(".prose > .small").endswith("durch Rechtsamt")


async def test_who_signs_off_must_have_read_the_newest_text(editor, owner, desk):
    uid = IMPRINT
    await desk.published("page", uid=uid, title="Impressum", text="Alt.")
    form = (await editor.get(f"/redaktion/seiten/{uid}")).form(f"/redaktion/seiten/{uid}/freigeben")
    await desk.save("page", uid, text="Neu.")
    await desk.publish("page", uid)

    page = await editor.post(f"/redaktion/seiten/{uid}/freigeben", **(form | {"office": "Rechtsamt"}))

    assert page.status == 409
    assert await owner.fetchval("SELECT signed_off_at FROM pages") is None


async def test_a_new_publication_has_to_be_signed_off_anew(editor, owner, desk):
    await desk.published("page", uid=IMPRINT, title="Impressum", text="Alt.")
    form = (await editor.get(f"/redaktion/seiten/{IMPRINT}")).form(f"/redaktion/seiten/{IMPRINT}/freigeben")
    await editor.post(f"/redaktion/seiten/{IMPRINT}/freigeben", **(form | {"office": "Rechtsamt"}))
    signed = await owner.fetchval("SELECT signed_off_by FROM pages")

    await desk.save("page", IMPRINT, text="Neu.")
    await desk.publish("page", IMPRINT)

    assert [signed, await owner.fetchval("SELECT signed_off_by FROM pages")] == ["Rechtsamt", ""]


async def test_citizens_read_how_a_text_came_to_be(browser, desk, make):
    point = await make.point(text="Es soll draufstehen.")
    before = await browser.get(f"/punkte/{point.code}/verlauf")
    await desk.save("point", point.uid, text="Es muss draufstehen.")
    drafted = await browser.get(f"/punkte/{point.code}/verlauf")
    await desk.publish("point", point.uid)
    after = await browser.get(f"/punkte/{point.code}/verlauf")

    assert before.words(".empty h2") == "Noch nichts geändert"
    assert "muss" not in drafted.words()
    assert [each.text for each in after.select("main h2")] == ["Fassung 1.1", "Fassung 1.0"]
    assert after.select("del")[0].text == "[entfernt:] soll [Ende]"
    assert after.select("ins")[0].text == "[neu:] muss [Ende]"


@pytest.mark.parametrize(
    "address",
    [
        "/redaktion/unbekannt",
        "/redaktion/unbekannt/neu",
        "/redaktion/felder/da65ef9d-ee22-4d21-a758-223834e45aa2",
        "/redaktion/felder/7",
    ],
)
async def test_what_does_not_exist_is_not_found(editor, address):
    assert (await editor.get(address)).status == 404


async def test_odd_numbers_in_forms_break_nothing(editor, desk):
    uid = await desk.save("area", **AREA)
    address = f"/redaktion/felder/{uid}"
    odd = ["", "-1", "x", "9" * 30, "²"]

    saved = [(await editor.post(address, **AREA | {"title": "Neu", "base": base})).status for base in odd]
    acts = [f"{address}/{act}" for act in ("veroeffentlichen", "verwerfen")]
    done = [(await editor.post(act, base=base)).status for act in acts for base in odd]
    back = [(await editor.post(f"{address}/wiederherstellen", base="1", step=step)).status for step in odd]

    assert (saved, done, back) == ([409] * 5, [409] * 10, [404] * 5)


async def test_only_legal_pages_are_signed_off_and_only_consultations_taken_back(editor, desk):
    uid = await desk.published("page", **PAGE)
    seen = clock.now().isoformat()

    answers = [
        await editor.post(f"/redaktion/seiten/{uid}/freigeben", office="Rechtsamt", seen=seen),
        await editor.post(f"/redaktion/seiten/{uid}/freigeben", office="Rechtsamt", seen="gestern"),
        await editor.post(f"/redaktion/seiten/{uid}/zuruecknehmen", base="2"),
    ]

    assert [answer.status for answer in answers] == [404, 400, 404]


async def test_an_author_who_was_erased_is_named_as_such(editor, desk, owner, make):
    uid = await desk.save("area", **AREA)
    await owner.execute("DELETE FROM actors")
    await make.row(Version, subject=uuid4(), number=1, kind="area", act="saved", content=AREA | {"slug": "x"})

    page = await editor.get(f"/redaktion/felder/{uid}/verlauf")

    assert page.words(".rows__meta").endswith("von einem gelöschten Konto")


async def test_the_point_form_starts_with_the_consultation_it_was_asked_from(editor, desk):
    home = await desk.save("consultation", **consultation(title="Die eine"))
    await desk.save("consultation", **consultation(title="Die andere"))

    page = await editor.get(f"/redaktion/punkte/neu?beteiligung={home}")
    action, form = sent(page)
    saved = await editor.post(action, **(form | POINT))

    assert page.one("select[name=consultation] [selected]").text == "Die eine"
    assert saved.path == f"/redaktion/beteiligungen/{home}"
    assert saved.words("#punkte + .rows") == "P1 Kennzeichnung"


# --- editors of one consultation --------------------------------------------------------------------


@pytest.fixture
async def theirs(make, new_browser):
    """Two consultations with a point each, and a visitor who edits the first one alone."""
    room = await make.room()
    mine = await make.point(await make.consultation(title="Meine", room_id=room.id))
    other = await make.point(await make.consultation(title="Die andere"))
    person = await make.citizen()
    await make.grant(person, "editor", room)
    browser = new_browser()
    await browser.sign_in(person)
    return browser, mine, other


async def test_who_edits_one_consultation_finds_it_and_no_other(theirs, desk):
    browser, mine, other = theirs
    await desk.save("point", other.uid, text="Geheim.")
    await desk.save("area", **AREA)

    start = await browser.get("/redaktion")
    opened = [f"/redaktion/punkte/{point.uid}" for point in (mine, other)]
    opened += [f"/redaktion/beteiligungen/{point.consultation.uid}" for point in (mine, other)]
    opened += [f"/redaktion/punkte/{other.uid}/verlauf", "/redaktion/felder", "/redaktion/beteiligungen/neu"]

    assert [(await browser.get(address)).status for address in opened] == [200, 404, 200, 404, 404, 403, 403]
    assert [link.text for link in start.select(".rows a, .card a")] == ["Meine", "Beteiligungen", "Punkte"]
    listed = [await browser.get(f"/redaktion/{kind}") for kind in ("beteiligungen", "punkte")]
    assert [[link.text for link in page.select(".rows a")] for page in listed] == [
        ["Meine"],
        [f"{mine.code} Kennzeichnung"],
    ]


async def test_who_edits_one_consultation_changes_no_other(theirs, owner):
    browser, mine, other = theirs
    address = f"/redaktion/punkte/{other.uid}"

    answers = [
        await browser.post(address, base="0", title="Von mir"),
        *[await browser.post(f"{address}/{act}", base="0") for act in ("veroeffentlichen", "verwerfen")],
        await browser.post(f"/redaktion/felder/{uuid4()}", base="0", **AREA),
        await browser.post(f"/redaktion/beteiligungen/{other.consultation.uid}/zuruecknehmen", base="0"),
    ]
    new = {"base": "0", **POINT, "area": "", "consultation": str(other.consultation.uid)}
    smuggled = await browser.post(f"/redaktion/punkte/{uuid4()}", **new)
    own = await browser.post(
        f"/redaktion/punkte/{uuid4()}", **(new | {"consultation": str(mine.consultation.uid)})
    )

    assert [answer.status for answer in answers] == [404, 404, 404, 403, 404]
    assert (smuggled.status, smuggled.words("#consultation-error") != "", own.status) == (422, True, 200)
    assert await owner.fetchval("SELECT count(*) FROM versions") == 1


async def test_an_announced_circle_says_at_its_field_that_it_stays(editor, desk, make):
    await desk.rules()
    later = (clock.today() + timedelta(days=5)).isoformat()
    home, _ = await desk.opened(circle=str((await make.circle()).id), starts_on=later)
    await editor.post(f"/redaktion/beteiligungen/{home}/zuruecknehmen", base="2")

    action, form = sent(await editor.get(f"/redaktion/beteiligungen/{home}"))
    page = await editor.post(action, **(form | {"circle": ""}))

    assert page.status == 422
    assert page.words("#circle-error") == (
        "Die Texte waren bisher nur für diesen Kreis bestimmt. "
        "Bitte lassen Sie ihn stehen, oder legen Sie eine neue Beteiligung an."
    )


async def test_a_draft_for_a_dissolved_circle_is_not_for_all_when_saved_again(editor, desk, make, owner):
    circle = await make.circle()
    home = await desk.save("consultation", **consultation(circle=str(circle.id)))
    await owner.execute("DELETE FROM circles")

    action, form = sent(await editor.get(f"/redaktion/beteiligungen/{home}"))
    await editor.post(action, **(form | {"title": "Anders"}))

    assert (await desk.find("consultation", home)).content["circle"] == str(circle.id)
