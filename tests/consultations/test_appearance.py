"""The appearance: admins change it, everyone sees it soon, nothing typed is lost, nothing saved is overwritten."""

import asyncio
import io
import json
from email import message_from_bytes
from email.policy import default

import pytest
from PIL import Image

from consultations import appearance, town
from consultations.pages.appearance_form import LOGO_SIZE
from dialogue.kit import catalogues, images, jobs
from dialogue.kit.database import Database
from dialogue.kit.security import BODY_LIMIT
from tests.browser import fields
from tests.dialogue.test_door import knock
from tests.house.test_budgets import counted

ADDRESS = "/verwaltung/erscheinungsbild"
DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 10"><rect width="9" height="9"/></svg>'
ACTIVE = DRAWING.replace(b"<rect", b"<script/><rect")


def painting(size=(200, 100), kind="PNG"):
    written = io.BytesIO()
    Image.new("RGB", size, "red").save(written, kind)
    return written.getvalue()


class Desk:
    """An admin's window on the form."""

    def __init__(self, browser):
        self.browser = browser

    async def open(self):
        return await self.browser.get(ADDRESS)

    async def send(self, action="save", *, logo=None, **changed):
        """The form as it stands, with changes."""
        page = await self.open()
        form = fields(page.one(f'form[action="{ADDRESS}"]')) | changed | {"action": action}
        form.pop("logo", None)
        # a browser sends an empty file when none was chosen
        files = {"logo": logo or ("", b"", "application/octet-stream")}
        return await self.browser.post(ADDRESS, files=files, **form)


@pytest.fixture
async def desk(browser, make):
    await browser.sign_in(await make.person("admin"))
    return Desk(browser)


@pytest.fixture
def visitor(new_browser):
    return new_browser()


def errors(page):
    """What the summary says, and at which fields."""
    return {link["href"][1:]: link.text for link in page.select(".errors a")}


async def newest(database):
    async with database.reading() as db:
        return await appearance.newest(db)


async def count(owner, table):
    return await owner.fetchval(f"SELECT count(*) FROM {table}")


# --- what is saved ----------------------------------------------------------------------------------


async def test_the_form_shows_what_holds(desk):
    page = await desk.open()
    form = fields(page.one(f'form[action="{ADDRESS}"]'))

    assert (form["name"], form["office"], form["accent"]) == ("Halle (Saale)", "Kontaktstelle KI", "")
    assert form["address"].splitlines()[0] == "Stadt Halle (Saale)"
    assert form["version"] == "0"


async def test_what_is_saved_is_seen_on_every_page(desk, visitor):
    saved = await desk.send(
        name="Neustadt",
        platform="Neustadt redet mit",
        claim="Über KI",
        question="Was soll KI in Neustadt?",
        intro="Reden Sie mit.",
        accent="#7d6300",
        office="Rathaus",
        address="Am Markt 1\n12345 Neustadt",
        mail="ki@Neustadt.example",
        phone="+49 (0)345 221-0",
    )
    page = await visitor.get("/")

    assert saved.words(".kern-alert--success") == "Gespeichert So sieht Ihre Plattform jetzt aus."
    assert page.one("title").text == "Was soll KI in Neustadt? – Neustadt redet mit"
    assert page.words(".brand") == "Neustadt redet mit Über KI"
    assert page.words(".hero p.lead") == "Reden Sie mit."
    assert page.words("address") == ("Rathaus Am Markt 1 12345 Neustadt ki@neustadt.example +49 (0)345 221-0")
    assert page.one("a[href^='tel:']")["href"] == "tel:+493452210"
    (sheet,) = [
        link["href"] for link in page.select("link[rel=stylesheet]") if "/static/" not in link["href"]
    ]
    assert "--accent: #7d6300;" in (await visitor.get(sheet)).text


async def test_what_is_as_in_the_file_stays_as_in_the_file(desk, database):
    await desk.send(platform="Neustadt redet mit")

    look = await newest(database)

    assert look.platform == "Neustadt redet mit"
    assert {name: getattr(look, name) for name in appearance.WORDS if name != "platform"} == dict.fromkeys(
        [name for name in appearance.WORDS if name != "platform"]
    )


async def test_an_optional_field_may_be_emptied(desk, visitor):
    await desk.send(claim="")

    assert (await visitor.get("/")).select(".brand__name span") == []


async def test_saving_the_same_twice_is_saving_once(desk, owner):
    for _ in range(2):
        assert (await desk.send(platform="Neustadt")).status == 200

    assert (await count(owner, "appearances"), await count(owner, "journal")) == (1, 1)


async def test_saving_what_holds_already_writes_nothing(desk, owner):
    assert (await desk.send()).words(".kern-alert--success") != ""

    assert (await count(owner, "appearances"), await count(owner, "journal")) == (0, 0)


async def test_the_journal_says_which_parts_were_changed(desk, owner):
    await desk.send(platform="Neustadt", accent="#7d6300")

    entry = json.loads(await owner.fetchval("SELECT body FROM journal"))

    assert (entry["action"], entry["detail"]) == (
        "appearance.saved",
        {"changed": ["platform", "accent"]},
    )
    assert (entry["subject"].partition(":")[0], entry["actor"] is None) == ("appearance", False)


async def test_the_journals_page_names_it(desk, new_browser, make):
    await desk.send(platform="Neustadt")
    moderator = new_browser()
    await moderator.sign_in(await make.moderator())

    assert "Erscheinungsbild geändert" in (await moderator.get("/moderation/protokoll")).words(".log")


async def test_nobody_can_change_what_was_saved(desk, database, owner):
    await desk.send(platform="Neustadt")

    rights = await owner.fetchval("SELECT has_table_privilege('dialog', 'appearances', 'UPDATE, DELETE')")

    assert rights is False


# --- preview ----------------------------------------------------------------------------------------


async def test_a_preview_shows_the_look_and_saves_nothing(desk, visitor, owner):
    page = await desk.send("preview", platform="Neustadt redet mit", accent="#7d6300", phone="030 1234")

    assert page.words(".brand__name b") == "Neustadt redet mit"
    assert "030 1234" in page.words("address")
    assert [link for link in page.select("link") if "7d6300" in link["href"]] != []
    assert page.one("#platform")["value"] == "Neustadt redet mit"
    assert (await visitor.get("/")).words(".brand__name b") == "KI-Dialog Halle (Saale)"
    assert await count(owner, "appearances") == 0


async def test_after_a_preview_one_press_saves(desk, visitor):
    page = await desk.send("preview", platform="Neustadt", logo=("x.png", painting(), "image/png"))
    form = fields(page.one(f'form[action="{ADDRESS}"]')) | {"action": "save"}

    await desk.browser.post(ADDRESS, **form)

    page = await visitor.get("/")
    assert (page.words(".brand__name b"), len(page.select(".brand__logo"))) == ("Neustadt", 1)


# --- the accent -------------------------------------------------------------------------------------


async def test_a_colour_that_is_too_light_is_refused_with_a_proposal_to_take(desk, owner):
    page = await desk.send(accent="#ffcc00", platform="Neustadt")
    button = page.one("button[name=take]")

    assert (page.status, list(errors(page))) == (422, ["accent"])
    assert (page.one("#accent")["value"], page.one("#platform")["value"]) == ("#ffcc00", "Neustadt")
    assert page.one(".proposal rect")["fill"] == button["value"] == "#7d6300"

    form = fields(page.one(f'form[action="{ADDRESS}"]')) | {"take": button["value"]}
    taken = await desk.browser.post(ADDRESS, **form)

    assert (taken.status, taken.one("#accent")["value"]) == (200, "#7d6300")
    assert taken.select(".proposal") == []
    assert await count(owner, "appearances") == 0


@pytest.mark.parametrize("typed", ["red", "javascript:alert(1)", "#12345", "</style>", "url(x)"])
async def test_what_is_no_colour_stays_in_the_field(desk, typed):
    page = await desk.send(accent=typed)

    assert (page.status, list(errors(page)), page.one("#accent")["value"]) == (422, ["accent"], typed)
    assert page.select(".proposal") == []


@pytest.mark.parametrize("name", ["ffffff", "00647D", "fff", "zzzzzz", "00647d%7d", "%00647d"])
async def test_a_stylesheet_is_only_there_for_colours_that_may_be_used(visitor, name):
    assert (await visitor.get(f"/erscheinungsbild/{name}.css")).status in {400, 404}


async def test_the_database_refuses_a_colour_that_is_none(make):
    with pytest.raises(Exception, match="plain_accent"):
        await make.appearance(accent="red")


# --- words and contact ------------------------------------------------------------------------------

WRONG = {
    "name": {
        "": "Bitte geben Sie den Namen der Stadt ein.",
        10_000 * "x": "Bitte höchstens 80 Zeichen. Jetzt sind es 10000.",
    },
    "platform": {
        " \u200b ": "Bitte schreiben Sie etwas, das man sehen kann.",
        81 * "x": "Bitte höchstens 80 Zeichen. Jetzt sind es 81.",
    },
    "claim": {121 * "x": "Bitte höchstens 120 Zeichen. Jetzt sind es 121."},
    "question": {"": "Bitte geben Sie die Leitfrage ein."},
    "intro": {1001 * "x": "Bitte höchstens 1000 Zeichen. Jetzt sind es 1001."},
    "office": {"": "Bitte geben Sie an, welche Stelle antwortet."},
    "address": {401 * "x": "Bitte höchstens 400 Zeichen. Jetzt sind es 401."},
    "mail": {
        "kaputt": "Diese E-Mail-Adresse ist unvollständig. Sie sieht etwa so aus: name@example.org",
        "a@b.example\nBcc: c@d.example": "Diese E-Mail-Adresse ist unvollständig. Sie sieht etwa so aus: name@example.org",
        "": "Bitte geben Sie eine E-Mail-Adresse ein.",
    },
    "phone": {
        "12": "Bitte geben Sie eine Telefonnummer ein, etwa 0345 221-0.",
        "javascript:alert(1)": "Bitte geben Sie eine Telefonnummer ein, etwa 0345 221-0.",
        "": "Bitte geben Sie eine Telefonnummer ein.",
    },
}  # fmt: skip


@pytest.mark.parametrize(("name", "typed"), [(name, typed) for name in WRONG for typed in WRONG[name]])
async def test_what_cannot_be_is_said_at_its_field_and_nothing_is_lost(desk, owner, name, typed):
    page = await desk.send(**{"claim": "Bleibt stehen", name: typed})
    field = page.one(f"#{name}")
    shown = field.text.removeprefix("\r\n").removeprefix("\n") if field.name == "textarea" else field["value"]

    assert (page.status, errors(page)) == (422, {name: WRONG[name][typed]})
    assert page.words(f"#{name}-error") == WRONG[name][typed]
    assert shown == (" ".join(typed.split()) if name != "platform" else typed.strip())
    if name != "claim":
        assert page.one("#claim")["value"] == "Bleibt stehen"
    assert await count(owner, "appearances") == 0


async def test_a_name_stays_on_one_line_for_it_stands_in_subjects_of_mails(desk, database):
    await desk.send(platform="Neustadt\r\nBcc: alle@halle.example")

    assert (await newest(database)).platform == "Neustadt Bcc: alle@halle.example"


async def test_markup_in_a_name_is_text(desk, visitor):
    await desk.send(platform="<b>Halle</b> & {{7*7}}")

    page = await visitor.get("/")
    assert page.words(".brand__name b") == "<b>Halle</b> & {{7*7}}"


# --- the logo ---------------------------------------------------------------------------------------


async def test_a_logo_stands_in_the_header_with_the_citys_name(desk, visitor):
    await desk.send(logo=("logo.jpeg", painting((400, 100), "JPEG"), "image/jpeg"), name="Neustadt")

    logo = (await visitor.get("/netiquette")).one(".brand__logo")
    answer = await visitor.client.get(logo["src"])

    assert (logo["alt"], logo["width"], logo["height"]) == ("Neustadt", "400", "100")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert Image.open(io.BytesIO(answer.content)).size == (400, 100)


async def test_a_drawing_is_sent_as_it_was_written_anew(desk, visitor):
    await desk.send(logo=("logo.svg", DRAWING, "image/svg+xml"))

    logo = (await visitor.get("/")).one(".brand__logo")
    answer = await visitor.client.get(logo["src"])

    assert answer.content == images.read(DRAWING).data
    assert answer.headers["content-type"] == "image/svg+xml"
    assert "sandbox" in answer.headers["content-security-policy"]


REFUSED = {
    "script": (("x.svg", ACTIVE, "image/svg+xml"), "Diese SVG-Datei enthält „script“."),
    "script called png": (("x.png", ACTIVE, "image/png"), "Diese SVG-Datei enthält „script“."),
    "gif": (("x.gif", painting(kind="GIF"), "image/gif"), "Bitte wählen Sie ein Bild im Format PNG"),
    "gif called png": (
        ("x.png", painting(kind="GIF"), "image/png"),
        "Bitte wählen Sie ein Bild im Format PNG",
    ),
    "text called png": (("x.png", b"Hallo", "image/png"), "Bitte wählen Sie ein Bild im Format PNG"),
    "empty": (("x.png", b"", "image/png"), "Diese Datei ist leer."),
    "bomb": (("x.png", painting((5000, 5000)), "image/png"), "Dieses Bild ist zu groß"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_no_logo_is_refused_at_the_field_and_the_text_stays(desk, owner, name):
    file, sentence = REFUSED[name]

    page = await desk.send(logo=file, platform="Neustadt")

    assert (page.status, list(errors(page))) == (422, ["logo"])
    assert errors(page)["logo"].startswith(sentence)
    assert page.one("#platform")["value"] == "Neustadt"
    assert (await count(owner, "appearances"), await count(owner, "logos")) == (0, 0)


async def test_everything_that_is_wrong_is_said_at_once(desk):
    page = await desk.send(logo=("x.svg", ACTIVE, "image/svg+xml"), mail="kaputt", accent="#fff")

    assert (page.status, sorted(errors(page))) == (422, ["accent", "logo", "mail"])


async def test_a_good_logo_is_kept_while_a_text_is_mended(desk, visitor):
    page = await desk.send(logo=("x.svg", DRAWING, "image/svg+xml"), mail="kaputt")
    form = fields(page.one(f'form[action="{ADDRESS}"]'))
    assert (page.status, len(page.select(".logo img"))) == (422, 1)

    await desk.browser.post(ADDRESS, **(form | {"mail": "ki@halle.example", "action": "save"}))

    assert len((await visitor.get("/")).select(".brand__logo")) == 1


async def test_a_logo_can_be_taken_away(desk, visitor):
    await desk.send(logo=("x.svg", DRAWING, "image/svg+xml"))

    await desk.send(remove_logo="y")

    page = await visitor.get("/")
    assert (page.select(".brand__logo"), len(page.select(".brand__mark"))) == ([], 1)


async def test_a_logo_nobody_uploaded_cannot_be_carried_in_and_takes_none_away(desk, visitor):
    await desk.send(logo=("x.svg", DRAWING, "image/svg+xml"))

    page = await desk.send(kept_logo="0" * 64)

    assert page.status == 422
    assert "Das Logo von vorhin ist nicht mehr da." in page.words(".errors")
    assert len((await visitor.get("/")).select(".brand__logo")) == 1


async def test_uploads_that_were_never_saved_are_forgotten_after_a_day(desk, database, owner, make):
    await desk.send(logo=("x.svg", DRAWING, "image/svg+xml"))
    await make.logo(b"1")
    await make.logo(b"2")
    await owner.execute("UPDATE logos SET created_at = now() - interval '25 hours' WHERE data <> '2'")

    async with database.writing() as db:
        await appearance.sweep(db)

    assert sorted(bytes(row[0]) for row in await owner.fetch("SELECT data FROM logos")) == [
        b"2",
        images.read(DRAWING).data,
    ]


async def test_the_digest_of_a_logo_is_that_of_its_data(make):
    with pytest.raises(Exception, match="digest_of_data"):
        await make.logo(digest="0" * 64)


@pytest.mark.parametrize("address", [f"{'0' * 64}.svg", "x.png", f"{'0' * 64}.html", "..%2f.svg"])
async def test_a_logo_that_is_not_there_is_not_found(visitor, address):
    assert (await visitor.get(f"/erscheinungsbild/{address}")).status == 404


async def test_a_logo_has_one_kind(visitor, make):
    logo = await make.logo()

    assert (await visitor.get(f"/erscheinungsbild/{logo.digest}.png")).status == 404


# --- large files ------------------------------------------------------------------------------------


def multipart(*parts):
    """Text fields and at last a file, as a browser writes them."""
    lines = []
    for name, value in parts:
        file = '; filename="logo.png"\r\nContent-Type: image/png' if isinstance(value, bytes) else ""
        content = value if isinstance(value, bytes) else value.encode()
        lines.append(f'--x\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode() + content)
    return b"\r\n".join([*lines, b"--x--\r\n"])


async def sent(desk, running, body, *, declared=True, session=None, size=16 * 1024):
    """The body in pieces, past every client; `unread` counts the pieces that were left over."""
    token = session if session is not None else desk.browser.client.cookies["session"]
    headers = {
        b"sec-fetch-site": b"same-origin",
        b"content-type": b"multipart/form-data; boundary=x",
        b"cookie": f"session={token}".encode(),
    }
    if declared:
        headers[b"content-length"] = str(len(body)).encode()
    chunks = [body[at : at + size] for at in range(0, len(body), size)]
    return await knock(running.app, ADDRESS.encode(), method="POST", headers=headers, chunks=chunks)


SIZE = 16 * 1024
TOO_LARGE = "Das Logo ist größer als 1 MB. Bitte wählen Sie eine kleinere Datei."


async def words(desk):
    form = fields((await desk.open()).one(f'form[action="{ADDRESS}"]'))
    form.pop("logo")
    return list((form | {"platform": "Neustadt"}).items())


@pytest.mark.parametrize(
    ("declared", "most"), [(True, BODY_LIMIT), (False, BODY_LIMIT + LOGO_SIZE)], ids=["declared", "in pieces"]
)
async def test_a_logo_of_50_mb_is_refused_before_it_is_read_and_the_text_stays(
    desk, running, owner, declared, most
):
    body = multipart(*await words(desk), ("logo", 50 * 1024 * 1024 * b"x"))

    page = await sent(desk, running, body, declared=declared)

    assert (page.status, errors(page)) == (413, {"logo": TOO_LARGE})
    assert page.words("#logo-error") == TOO_LARGE
    assert page.one("#platform")["value"] == "Neustadt"
    assert len(body) // SIZE - page.unread <= most // SIZE + 1
    assert await count(owner, "appearances") == 0


@pytest.mark.parametrize(("more", "status"), [(0, 422), (1, 413)])
async def test_the_limit_is_one_megabyte(desk, running, more, status):
    body = multipart(*await words(desk), ("logo", (LOGO_SIZE + more) * b"x"))

    assert (await sent(desk, running, body)).status == status


@pytest.mark.parametrize(("roles", "status"), [(None, 401), ((), 403), (("editor",), 403)])
async def test_of_people_who_may_not_send_a_file_none_is_read(
    desk, running, new_browser, make, roles, status
):
    other = new_browser()
    if roles is not None:
        await other.sign_in(await make.person(*roles))
    token = other.client.cookies.get("session", "")
    body = multipart(("intro", "Getippt und nicht verloren. " * 4), ("logo", LOGO_SIZE * b"x"))

    page = await sent(desk, running, body, session=token)

    assert page.status == status
    assert "Getippt und nicht verloren." in page.text
    assert len(body) // SIZE - page.unread <= BODY_LIMIT // SIZE + 1


async def test_the_text_of_a_form_without_a_file_has_the_usual_limit(desk, running):
    chunks = [b"intro=", (BODY_LIMIT + 1) * b"x"]
    headers = {
        b"sec-fetch-site": b"same-origin",
        b"content-type": b"application/x-www-form-urlencoded",
        b"cookie": f"session={desk.browser.client.cookies['session']}".encode(),
    }

    page = await knock(running.app, ADDRESS.encode(), method="POST", headers=headers, chunks=chunks)

    assert page.status == 413


async def test_other_forms_take_no_file(running, database):
    body = multipart(("email", "a@halle.example"), ("logo", b"x"))
    headers = {b"sec-fetch-site": b"same-origin", b"content-type": b"multipart/form-data; boundary=x"}

    page = await knock(running.app, b"/konto/anmelden", method="POST", headers=headers, chunks=[body])

    assert page.status == 400


BROKEN = {
    "no boundary": (b"multipart/form-data", b"x"),
    "two files": (b"multipart/form-data; boundary=x", multipart(("logo", b"1"), ("logo", b"2"))),
    "a file too many": (b"multipart/form-data; boundary=x", multipart(("logo", b"1"), ("x", b"2"))),
    "many fields": (b"multipart/form-data; boundary=x", multipart(*[("a", "b")] * 101)),
    "a long text": (b"multipart/form-data; boundary=x", multipart(("a", (BODY_LIMIT + 1) * "x"))),
    "another script": (b"multipart/form-data; boundary=x; charset=utf-7", multipart(("a", "b"))),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_a_broken_upload_is_refused(desk, running, name):
    kind, body = BROKEN[name]
    headers = {
        b"sec-fetch-site": b"same-origin",
        b"content-type": kind,
        b"cookie": f"session={desk.browser.client.cookies['session']}".encode(),
    }

    page = await knock(running.app, ADDRESS.encode(), method="POST", headers=headers, chunks=[body])

    assert page.status == 400


async def test_a_text_where_the_file_should_be_is_no_file(desk):
    form = fields((await desk.open()).one(f'form[action="{ADDRESS}"]')) | {"logo": "x", "action": "save"}

    assert (await desk.browser.post(ADDRESS, **form)).status == 200


# --- two at once ------------------------------------------------------------------------------------


async def test_the_second_of_two_admins_is_told_and_loses_nothing(desk, new_browser, make, owner):
    second = new_browser()
    await second.sign_in(await make.person("admin"))
    form = fields((await second.get(ADDRESS)).one(f'form[action="{ADDRESS}"]'))
    await desk.send(platform="Vom ersten")

    late = await second.post(ADDRESS, **(form | {"platform": "Vom zweiten", "action": "save"}))

    assert (late.status, late.one("#platform")["value"]) == (409, "Vom zweiten")
    assert late.words(".errors li") == appearance.Overtaken.text
    again = fields(late.one(f'form[action="{ADDRESS}"]')) | {"action": "save"}
    assert (await second.post(ADDRESS, **again)).status == 200
    assert await owner.fetch("SELECT platform FROM appearances ORDER BY id") == [
        ("Vom ersten",),
        ("Vom zweiten",),
    ]


async def test_of_many_at_the_same_moment_one_saves(desk, owner):
    form = fields((await desk.open()).one(f'form[action="{ADDRESS}"]')) | {"action": "save"}

    answers = await asyncio.gather(
        *(desk.browser.post(ADDRESS, follow=False, **(form | {"platform": f"Stadt {n}"})) for n in range(12))
    )

    assert sorted(answer.status for answer in answers) == [303] + 11 * [409]
    assert await count(owner, "appearances") == 1


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 40, "٣"])
async def test_a_made_up_version_is_late(desk, version):
    assert (await desk.send(platform="Neustadt", version=version)).status == 409


# --- back -------------------------------------------------------------------------------------------


async def test_an_earlier_look_can_be_restored(desk, visitor, owner):
    await desk.send(platform="Die erste", logo=("x.svg", DRAWING, "image/svg+xml"))
    first = await owner.fetchval("SELECT id FROM appearances")
    await desk.send(platform="Die zweite", remove_logo="y")

    page = await desk.browser.post(f"{ADDRESS}/{first}/wiederherstellen")

    assert page.words(".brand__name b") == "Die erste"
    assert len((await visitor.get("/")).select(".brand__logo")) == 1
    assert await count(owner, "appearances") == 3
    assert len(page.select(".looks li")) == 4
    assert len(page.select(".looks .kern-badge")) == 1


async def test_all_can_be_as_in_the_file_again(desk, visitor, owner):
    await desk.send(platform="Neustadt", accent="#7d6300", logo=("x.svg", DRAWING, "image/svg+xml"))

    await desk.browser.post(f"{ADDRESS}/0/wiederherstellen")
    await desk.browser.post(f"{ADDRESS}/0/wiederherstellen")

    page = await visitor.get("/")
    assert (page.words(".brand__name b"), page.select(".brand__logo")) == ("KI-Dialog Halle (Saale)", [])
    assert await count(owner, "appearances") == 2


@pytest.mark.parametrize("id", ["99", "9" * 25])
async def test_a_look_that_never_was_cannot_be_restored(desk, id):
    assert (await desk.browser.post(f"{ADDRESS}/{id}/wiederherstellen")).status in {400, 404}


# --- languages --------------------------------------------------------------------------------------


async def test_german_is_always_there_and_what_is_unfinished_cannot_be_chosen(desk):
    page = await desk.open()
    german, english = (item.get_text(" ", strip=True) for item in page.select(".languages li"))

    assert german == "Deutsch vollständig, immer dabei"
    assert english.startswith("Englisch")
    assert english.endswith("% übersetzt, noch nicht wählbar")
    assert page.select("input[name=languages]") == []


@pytest.mark.parametrize("code", ["en", "fr", "../de"])
async def test_an_unfinished_language_is_refused(desk, owner, code):
    page = await desk.send(languages=code)

    assert (page.status, list(errors(page))) == (422, ["languages"])
    assert await count(owner, "appearances") == 0


async def test_a_finished_language_can_be_switched_on_and_off(desk, database, monkeypatch):
    finished = (catalogues.Language("de", "Deutsch", 100), catalogues.Language("en", "Englisch", 100))
    monkeypatch.setattr(catalogues, "languages", lambda: finished)

    await desk.send(languages="en")
    assert (await newest(database)).languages == ["de", "en"]
    box = (await desk.open()).one("input[name=languages]")
    assert (box["value"], box.has_attr("checked")) == ("en", True)

    form = fields((await desk.open()).one(f'form[action="{ADDRESS}"]'))
    form.pop("languages")
    await desk.browser.post(ADDRESS, **(form | {"action": "save"}))
    assert (await newest(database)).languages == ["de"]


# --- every process ----------------------------------------------------------------------------------


@pytest.fixture
def other(running):
    """The city in another process."""
    return town.Town(running.house.city.file)


async def test_another_process_follows_within_five_seconds(desk, database, other, monkeypatch):
    assert town.SECONDS + town.PATIENCE <= 5
    monkeypatch.setattr(town, "SECONDS", 0.01)
    following = asyncio.create_task(other.follow(database))

    await desk.send(platform="Neustadt", accent="#7d6300", phone="030 12345")
    async with asyncio.timeout(5):
        while other.platform != "Neustadt":  # noqa: ASYNC110 - that it comes by itself is the point
            await asyncio.sleep(0.01)
    following.cancel()

    assert (other.contact.phone, other.contact.office) == ("030 12345", "Kontaktstelle KI")
    assert other.stylesheet.startswith("/erscheinungsbild/7d6300.css?v=")


async def test_while_the_database_is_away_the_last_look_stays(desk, database, other):
    await desk.send(platform="Neustadt")
    await other.look(database)
    away = Database("postgresql+asyncpg://dialog@127.0.0.1:1/dialog")

    await other.look(away)

    assert other.platform == "Neustadt"


async def test_pages_ask_the_database_nothing_about_it(desk, visitor, database):
    await desk.send(platform="Neustadt")

    with counted(database) as statements:
        await visitor.get("/netiquette")

    assert [statement for statement in statements if "appearances" in statement] == []


async def test_mails_close_with_the_new_contact(desk, running, make, work, database):
    await desk.send(platform="Neustadt redet mit", office="Rathaus", mail="ki@neustadt.example")
    person = await make.person()
    async with database.writing() as db:
        await jobs.enqueue(db, "mail", template="invite", person=person.id)

    await work()

    file = max((running.house.settings.data / "mail").glob("*.eml"), key=lambda each: each.stat().st_mtime)
    mail = message_from_bytes(file.read_bytes(), policy=default)
    assert mail["Subject"] == "Ihr Zugang zu Neustadt redet mit"
    assert mail.get_content().splitlines()[-4:] == [
        "Freundliche Grüße",
        "Rathaus, Halle (Saale)",
        "ki@neustadt.example",
        "0345 000-0000",
    ]
