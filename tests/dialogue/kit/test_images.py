"""Pictures from strangers: recognised by content, bounded before they are unpacked, written anew."""

import contextlib
import io
import time

import pytest
from PIL import Image, PngImagePlugin

from dialogue.kit import images
from dialogue.kit.errors import Invalid

DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 10"><rect/></svg>'


def picture(kind="PNG", mode="RGB", size=(200, 100), colour=0, **options):
    written = io.BytesIO()
    Image.new(mode, size, colour).save(written, kind, **options)
    return written.getvalue()


def moving(kind):
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    written = io.BytesIO()
    frames[0].save(written, kind, save_all=True, append_images=frames[1:], duration=100)
    return written.getvalue()


def opened(data):
    return Image.open(io.BytesIO(images.read(data).data))


REFUSED = {
    "empty": (b"", "Diese Datei ist leer."),
    "text": (b"Hallo Halle", "Bitte wählen Sie ein Bild im Format PNG, JPEG, WebP oder SVG."),
    "gif": (picture("GIF", "P"), "Bitte wählen Sie ein Bild im Format PNG, JPEG, WebP oder SVG."),
    "bmp": (picture("BMP"), "Bitte wählen Sie ein Bild im Format PNG, JPEG, WebP oder SVG."),
    "postscript": (b"%!PS-Adobe-3.0", "Bitte wählen Sie ein Bild im Format PNG, JPEG, WebP oder SVG."),
    "html": (b"<html><script>", "Bitte wählen Sie ein Bild im Format PNG, JPEG, WebP oder SVG."),
    "broken": (picture()[:60], "Dieses Bild ist beschädigt. Bitte speichern Sie es noch einmal."),
    "broken jpeg": (picture("JPEG")[:300], "Dieses Bild ist beschädigt. Bitte speichern Sie es noch einmal."),
    "too wide": (
        picture(size=(4001, 1000)),
        "Dieses Bild ist zu groß: Es darf höchstens 4000 mal 4000 Pixel haben.",
    ),
    "bomb": (
        picture(mode="1", size=(20_000, 20_000)),
        "Dieses Bild ist zu groß: Es darf höchstens 4000 mal 4000 Pixel haben.",
    ),
    "small bomb": (
        picture(mode="1", size=(10_000, 10_000)),
        "Dieses Bild ist zu groß: Es darf höchstens 4000 mal 4000 Pixel haben.",
    ),
    "tiny": (picture(size=(31, 31)), "Dieses Bild ist zu klein: Es muss mindestens 32 Pixel hoch sein."),
    "moving png": (moving("PNG"), "Dieses Bild bewegt sich. Bitte wählen Sie ein unbewegtes."),
    "moving webp": (moving("WEBP"), "Dieses Bild bewegt sich. Bitte wählen Sie ein unbewegtes."),
    "a stripe": (
        picture(size=(900, 100)),
        "Dieses Format passt nicht in die Kopfzeile: höchstens 8-mal so breit wie hoch "
        "und höchstens 2-mal so hoch wie breit.",
    ),
    "a tower": (
        picture(size=(40, 100)),
        "Dieses Format passt nicht in die Kopfzeile: höchstens 8-mal so breit wie hoch "
        "und höchstens 2-mal so hoch wie breit.",
    ),
    "large drawing": (
        DRAWING.replace(b"<rect/>", b"<!--" + 262_144 * b"x" + b"-->"),
        "Diese SVG-Datei ist größer als 256 KB. Bitte laden Sie das Bild als PNG hoch.",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_logo_is_refused_at_once_with_a_sentence(name):
    data, sentence = REFUSED[name]
    begun = time.perf_counter()

    with pytest.raises(Invalid) as refused:
        images.read(data)

    assert refused.value.text == sentence
    assert time.perf_counter() - begun < 0.5


@pytest.mark.parametrize(
    ("kind", "mode", "kept"),
    [
        ("PNG", "RGB", "RGB"),
        ("PNG", "RGBA", "RGBA"),
        ("PNG", "L", "RGB"),
        ("PNG", "LA", "RGBA"),
        ("PNG", "P", "RGB"),
        ("PNG", "1", "RGB"),
        ("PNG", "I;16", "RGB"),
        ("JPEG", "RGB", "RGB"),
        ("JPEG", "L", "RGB"),
        ("JPEG", "CMYK", "RGB"),
        ("WEBP", "RGB", "RGB"),
        ("WEBP", "RGBA", "RGBA"),
    ],
)
def test_every_kind_becomes_a_png_in_the_colours_of_screens(kind, mode, kept):
    found = opened(picture(kind, mode))

    assert (found.format, found.mode, found.size) == ("PNG", kept, (200, 100))


def test_what_is_transparent_stays_transparent():
    found = opened(picture(mode="RGBA", colour=(255, 0, 0, 0)))

    assert found.getpixel((5, 5))[3] == 0


def test_a_palette_with_a_transparent_colour_stays_transparent():
    assert opened(picture(mode="P", transparency=0)).getpixel((5, 5))[3] == 0


def test_a_large_picture_is_made_as_small_as_it_is_shown():
    assert opened(picture(size=(3000, 1500))).size == (384, 192)


def test_nothing_is_kept_but_the_picture():
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "Aufgenommen von Erika Mustermann")
    exif = Image.Exif()
    exif[0x013B] = "Erika Mustermann"

    data = images.read(picture(pnginfo=notes, exif=exif.tobytes())).data

    assert b"Mustermann" not in data
    assert Image.open(io.BytesIO(data)).info == {}


def test_a_photograph_stands_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter

    assert opened(picture("JPEG", size=(100, 160), exif=exif.tobytes())).size == (160, 100)


def test_a_drawing_stays_a_drawing_and_says_how_large_it_is_shown():
    found = images.read(b"\xef\xbb\xbf<?xml version='1.0'?>\n" + DRAWING)

    assert (found.kind, found.width, found.height) == ("svg", 768, 192)


def test_the_same_picture_has_the_same_address():
    assert images.read(picture()).digest == images.read(picture()).digest


def test_a_photograph_with_broken_notes_is_refused_or_kept_and_no_defect():
    notes = Image.Exif()
    notes[0x0112], notes[0x010E] = 6, "abc"  # turned, with a description
    broken = notes.tobytes()
    for old, new in (
        (b"\x0e\x01", b"\x01\x01"),
        (b"\x01\x0e", b"\x01\x01"),
    ):  # which now is a height in letters
        broken = broken.replace(old, new)

    with contextlib.suppress(Invalid):
        assert images.read(picture("JPEG", exif=broken)).kind == "png"
