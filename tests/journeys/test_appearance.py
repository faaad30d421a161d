"""An admin gives the platform a name, a colour and a logo; visitors see it (how soon, says tests/durability)."""

import io
import re

import pytest
from PIL import Image, ImageDraw
from playwright.async_api import expect

from consultations import accent, appearance
from tests.journeys.test_pages import TOO_WIDE, findings

ADDRESS = "/verwaltung/erscheinungsbild"
SHOWN = """(name) => {
    const context = document.createElement("canvas").getContext("2d");
    context.fillStyle = name.startsWith("--") ? getComputedStyle(document.documentElement).getPropertyValue(name) : name;
    context.fillRect(0, 0, 1, 1);
    return "#" + [...context.getImageData(0, 0, 1, 1).data].slice(0, 3).map((n) => n.toString(16).padStart(2, "0")).join("");
}"""
TOKENS = {
    "accent": "--accent",
    "on_accent": "--on-accent",
    "tint": "--tint",
    "tint_strong": "--tint-strong",
    "paper": "--paper",
    "raised": "--raised",
    "field": "--kern-color-layout-background-default-surface",
}


def logo():
    image = Image.new("RGBA", (480, 120), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    pen.ellipse((4, 4, 116, 116), fill="#b00020")
    pen.rectangle((140, 40, 476, 80), fill="#222222")
    written = io.BytesIO()
    image.save(written, "PNG")
    return written.getvalue()


@pytest.fixture
async def admin(make, visit, database):
    """An admin's window; afterwards all is as in the city's file again."""
    person = await make.person("admin")
    page = await visit(person, refusals=(422, 413))
    await page.goto(ADDRESS)
    yield page
    async with database.writing() as db:
        await appearance.restore(db, 0, person_id=person.id)


async def press(page, name):
    async with page.expect_navigation() as navigation:
        await page.get_by_role("button", name=name, exact=True).click()
    return (await navigation.value).status


async def test_a_new_look_reaches_visitors(admin, visit):
    visitor = await visit()
    await visitor.goto("/")
    await admin.get_by_label("Name der Plattform").fill("Neustadt redet mit")
    await admin.get_by_label("Akzentfarbe").fill("#7d6300")
    await admin.get_by_label("Telefon").fill("030 1234567")
    await admin.get_by_label("Name der Stadt").fill("Neustadt")
    await admin.locator("#logo").set_input_files(
        {"name": "logo.png", "mimeType": "image/png", "buffer": logo()}
    )

    assert await press(admin, "Vorschau") == 200
    await expect(admin.get_by_text("Das ist eine Vorschau")).to_be_visible()
    await expect(admin.locator(".brand__name b")).to_have_text("Neustadt redet mit")
    assert await admin.evaluate(SHOWN, "--accent") == "#7d6300"
    await visitor.reload()
    await expect(visitor.locator(".brand__logo")).to_have_count(0)

    await press(admin, "Speichern")
    await expect(admin.get_by_text("So sieht Ihre Plattform jetzt aus.")).to_be_visible()
    await visitor.reload()

    await expect(visitor.locator(".brand__name b")).to_have_text("Neustadt redet mit")
    picture = visitor.get_by_role("img", name="Neustadt", exact=True)
    size = await picture.evaluate("(image) => [image.naturalHeight, image.getBoundingClientRect().height]")
    assert size == [120, 44]
    assert await visitor.evaluate(SHOWN, "--accent") == "#7d6300"
    button = visitor.get_by_role("link", name="Jetzt mitreden")
    assert await button.evaluate("(it) => getComputedStyle(it).backgroundColor") == "rgb(125, 99, 0)"
    await expect(visitor.locator("address")).to_contain_text("030 1234567")

    await admin.get_by_role("button", name="Wiederherstellen der Vorgabe").click()
    await expect(admin.locator(".brand__name b")).to_have_text("KI-Dialog Halle (Saale)")
    await expect(admin.locator(".brand__mark")).to_be_visible()


async def test_a_colour_that_cannot_be_read_is_refused_and_the_proposal_taken_with_one_press(admin):
    await admin.get_by_label("Akzentfarbe").fill("#e30613")
    await admin.get_by_label("Leitsatz").fill("Bleibt stehen")
    assert await press(admin, "Speichern") == 422
    await expect(admin.locator("#accent-error")).to_contain_text("Diese Farbe ist zu hell")
    await expect(admin.get_by_label("Akzentfarbe")).to_have_attribute("aria-invalid", "true")

    assert await press(admin, "Diese Farbe nehmen") == 200

    proposed = accent.nearest("#e30613")
    await expect(admin.get_by_label("Akzentfarbe")).to_have_value(proposed)
    await expect(admin.get_by_label("Leitsatz")).to_have_value("Bleibt stehen")
    assert await admin.evaluate(SHOWN, "--accent") == proposed


async def test_a_file_of_50_mb_is_refused_and_the_text_stays(admin, tmp_path):
    await admin.get_by_label("Leitsatz").fill("Bleibt stehen")
    large = tmp_path / "x.png"
    large.write_bytes(b"x" * 50 * 1024 * 1024)
    await admin.locator("#logo").set_input_files(large)

    assert await press(admin, "Speichern") == 413

    await expect(admin.locator("#logo-error")).to_contain_text("Das Logo ist größer als 1 MB.")
    await expect(admin.get_by_label("Leitsatz")).to_have_value("Bleibt stehen")


async def test_without_javascript_a_look_is_saved(make, visit, database):
    person = await make.person("admin")
    page = await visit(person, java_script_enabled=False)
    await page.goto(ADDRESS)
    await page.get_by_label("Leitsatz").fill("Ohne Skript")
    await page.get_by_role("button", name="Speichern").click()
    await expect(page.locator(".brand__name span")).to_have_text("Ohne Skript")
    await page.get_by_role("button", name=re.compile("Wiederherstellen.*Vorgabe")).click()
    await expect(page.locator(".brand__name span")).to_have_text(
        "Mitreden, wie die Stadt künstliche Intelligenz nutzt"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_what_was_checked_is_what_is_shown(admin, visit, scheme):
    """The backgrounds the colour was measured on are those of the style sheets, and so are its tints."""
    page = await visit(color_scheme=scheme)
    await admin.get_by_label("Akzentfarbe").fill("#b5006b")
    await press(admin, "Speichern")
    await page.goto("/")

    shown = {name: await page.evaluate(SHOWN, token) for name, token in TOKENS.items()}

    checked = accent.light("#b5006b") if scheme == "light" else accent.dark("#b5006b")
    differences = {
        name: (shown[name], getattr(checked, name))
        for name in TOKENS
        if far_apart(shown[name], getattr(checked, name))
    }
    assert differences == {}
    assert accent.faint("#b5006b") == []


def far_apart(one, other):
    """More than a rounding of one step in a channel."""
    return any(abs(int(one[at : at + 2], 16) - int(other[at : at + 2], 16)) > 1 for at in (1, 3, 5))


@pytest.mark.parametrize(("scheme", "width"), [("light", 320), ("dark", 1280)])
async def test_pages_with_a_wide_logo_and_a_strong_colour_are_accessible(admin, visit, scheme, width):
    await admin.get_by_label("Akzentfarbe").fill(accent.nearest("#ff8800"))
    wide = io.BytesIO()
    Image.new("RGB", (1600, 200), "#b00020").save(wide, "PNG")
    await admin.locator("#logo").set_input_files(
        {"name": "x.png", "mimeType": "image/png", "buffer": wide.getvalue()}
    )
    await press(admin, "Speichern")
    page = await visit(color_scheme=scheme, width=width)

    found = []
    for address in ("/", "/punkte/E3", "/konto/anmelden"):
        await page.goto(address)
        await expect(page.locator(".brand__logo")).to_be_visible()
        found += await findings(page, scheme) + await page.evaluate(TOO_WIDE)

    assert found == []
