"""Pictures from strangers: recognised by their content, bounded before they are unpacked, written anew."""

import io
import struct
from dataclasses import dataclass
from hashlib import sha256

from PIL import Image, ImageOps, UnidentifiedImageError

from dialogue.kit import svg
from dialogue.kit.errors import Invalid

FORMATS = ("PNG", "JPEG", "WEBP")
SIDE = 4_000  # pixels
LOWEST = 32
KEPT = (960, 192)  # pixels: four times the size it is shown in
WIDEST, TALLEST = 8, 2  # times as wide as high, times as high as wide
SVG_SIZE = 256 * 1024


@dataclass(frozen=True)
class Picture:
    """A picture of ours: without metadata, animation or anything active. The digest is its address."""

    data: bytes
    kind: str
    width: int
    height: int

    @property
    def digest(self) -> str:
        return sha256(self.data).hexdigest()


def read(data: bytes) -> Picture:
    """A PNG, JPEG, WebP or SVG as a picture of ours; raises Invalid. Takes a moment: not for the event loop."""
    if not data:
        raise Invalid("Diese Datei ist leer.")
    picture = _drawn(data) if _is_drawn(data) else _painted(data)
    if picture.width > WIDEST * picture.height or picture.height > TALLEST * picture.width:
        raise Invalid(
            f"Dieses Format passt nicht in die Kopfzeile: höchstens {WIDEST}-mal so breit wie hoch "
            f"und höchstens {TALLEST}-mal so hoch wie breit."
        )
    return picture


def _is_drawn(data: bytes) -> bool:
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    return head.startswith((b"<?xml", b"<svg", b"<!--", b"<!DOCTYPE svg", b"\xff\xfe<", b"\xfe\xff\x00<"))


def _drawn(data: bytes) -> Picture:
    if len(data) > SVG_SIZE:
        raise Invalid("Diese SVG-Datei ist größer als 256 KB. Bitte laden Sie das Bild als PNG hoch.")
    drawing = svg.read(data)
    scale = KEPT[1] / drawing.height
    return Picture(drawing.data, "svg", max(1, round(drawing.width * scale)), KEPT[1])


def _painted(data: bytes) -> Picture:
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            _must_fit(image)
            flat = _flat(image)
    except UnidentifiedImageError:
        raise Invalid("Bitte wählen Sie ein Bild im Format PNG, JPEG, WebP oder SVG.") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many() from None
    except (OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, MemoryError, struct.error):
        raise Invalid("Dieses Bild ist beschädigt. Bitte speichern Sie es noch einmal.") from None
    flat.thumbnail(KEPT, Image.Resampling.LANCZOS)
    written = io.BytesIO()
    flat.save(written, "PNG", optimize=True)
    return Picture(written.getvalue(), "png", *flat.size)


def _must_fit(image: Image.Image) -> None:
    """By the header alone: nothing is unpacked yet."""
    if max(image.size) > SIDE:
        raise _too_many()
    if image.height < LOWEST:
        raise Invalid(f"Dieses Bild ist zu klein: Es muss mindestens {LOWEST} Pixel hoch sein.")
    if getattr(image, "n_frames", 1) > 1:
        raise Invalid("Dieses Bild bewegt sich. Bitte wählen Sie ein unbewegtes.")


def _too_many() -> Invalid:
    return Invalid(f"Dieses Bild ist zu groß: Es darf höchstens {SIDE} mal {SIDE} Pixel haben.")


def _flat(image: Image.Image) -> Image.Image:
    """The way up it was taken, in the colours of screens; what was transparent stays so."""
    upright = ImageOps.exif_transpose(image)
    seen = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    fresh = Image.new(seen.mode, seen.size)  # a new one carries no metadata along
    fresh.paste(seen)
    return fresh
