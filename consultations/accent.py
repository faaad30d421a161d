"""The one colour of a city: checked on everything it stands on, light and dark, and written as a stylesheet."""

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from dialogue.kit import colour
from dialogue.kit.errors import Invalid

ENOUGH = 4.5
USUAL = colour.from_oklch(0.41, 0.095, math.radians(218))  # what static/css/city.css comes to
_SHORT = re.compile(r"#?([0-9a-fA-F])([0-9a-fA-F])([0-9a-fA-F])")


@dataclass(frozen=True)
class Scheme:
    """What a stylesheet sets, and below it the backgrounds of static/css/base.css that stay."""

    accent: str
    on_accent: str
    tint: str
    tint_strong: str
    paper: str
    raised: str
    field: str

    def pairs(self) -> dict[str, float]:
        """The contrast of every pair of text and background the design uses, by its words."""
        grounds = {
            "auf dem Hintergrund der Seite": self.paper,
            "auf Karten": self.raised,
            "auf Eingabefeldern": self.field,
            "auf getönten Flächen": self.tint,
            "auf Schaltflächen unter dem Mauszeiger": self.tint_strong,
        }
        found = {
            f"Schrift in dieser Farbe {where}": colour.contrast(self.accent, ground)
            for where, ground in grounds.items()
        }
        return {"Schrift auf dieser Farbe": colour.contrast(self.on_accent, self.accent)} | found


@dataclass(frozen=True)
class Faint:
    """A pair of text and background with too little contrast."""

    where: str
    ratio: float


@lru_cache(maxsize=64)
def light(accent: str) -> Scheme:
    """The colour as it was chosen; its tints are made of it."""
    _, chroma, hue = colour.to_oklch(accent)
    return Scheme(
        accent=accent,
        on_accent="#ffffff",
        tint=colour.from_oklch(0.972, chroma * 0.12, hue),
        tint_strong=colour.from_oklch(0.92, chroma * 0.35, hue),
        paper="#ffffff",
        raised="#ffffff",
        field=colour.from_oklch(0.9672, 0.0041, math.radians(271.37)),
    )


@lru_cache(maxsize=64)
def dark(accent: str) -> Scheme:
    """The same hue, as light as dark backgrounds need."""
    _, chroma, hue = colour.to_oklch(accent)
    return Scheme(
        accent=colour.from_oklch(0.8, chroma, hue),
        on_accent=colour.from_oklch(0.18, 0.02, math.radians(265)),
        tint=colour.from_oklch(0.235, chroma * 0.25, hue),
        tint_strong=colour.from_oklch(0.35, chroma * 0.55, hue),
        paper=colour.from_oklch(0.185, 0.012, math.radians(265)),
        raised=colour.from_oklch(0.22, 0.015, math.radians(265)),
        field=colour.from_oklch(0.235, 0.016, math.radians(265)),
    )


def faint(accent: str) -> list[Faint]:
    """Where it is too hard to read, light and dark taken together; empty when it may be used."""
    pairs = [*light(accent).pairs().items(), *dark(accent).pairs().items()]
    return [Faint(where, ratio) for where, ratio in pairs if ratio < ENOUGH]


def nearest(accent: str) -> str:
    """The colour of the same hue that is just dark enough: white text stands on it."""
    lightness, chroma, hue = colour.to_oklch(accent)
    for step in range(1, 201):
        found = colour.from_oklch(max(0.0, lightness - step / 200), chroma, hue)
        if not faint(found):
            return found
    raise AssertionError("unreachable: black passes")


def read(text: str) -> str:
    """A colour as somebody wrote it: #00647D, 00647d or #06d; raises Invalid."""
    written = text.strip().lower()
    if short := _SHORT.fullmatch(written):
        written = "#" + "".join(2 * digit for digit in short.groups())
    written = written if written.startswith("#") else f"#{written}"
    if not colour.is_colour(written):
        raise Invalid(
            f"Bitte geben Sie die Farbe mit # und sechs Zeichen aus 0 bis 9 und a bis f an, etwa {USUAL}.",
            field="accent",
        )
    return written


def checked(text: str) -> str:
    """The colour, if everything stays readable with it; raises Invalid."""
    accent = read(text)
    if found := faint(accent):
        ratio = f"{math.floor(found[0].ratio * 10) / 10:.1f}".replace(".", ",")
        raise Invalid(
            f"Diese Farbe ist zu hell: {found[0].where} hat nur einen Kontrast von {ratio} zu 1. "
            f"Nötig sind 4,5 zu 1. Gut lesbar ist zum Beispiel {nearest(accent)}.",
            field="accent",
        )
    return accent


@lru_cache(maxsize=64)
def stylesheet(accent: str) -> str:
    """What a page sets beside its other styles."""
    day, night = _tokens(light(accent)), _tokens(dark(accent))
    return (
        f":root {{ --city-accent: {accent}; {day} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {night} }} }}\n"
    )


def address(accent: str) -> str:
    """Where the stylesheet lies; its digest lets browsers keep it for a year."""
    digest = sha256(stylesheet(accent).encode()).hexdigest()[:12]
    return f"/erscheinungsbild/{accent.removeprefix('#')}.css?v={digest}"


def _tokens(scheme: Scheme) -> str:
    return (
        f"--accent: {scheme.accent}; --on-accent: {scheme.on_accent}; "
        f"--tint: {scheme.tint}; --tint-strong: {scheme.tint_strong};"
    )
