"""The city whose platform this is: name, contact and texts from files, never from code."""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from dialogue.kit.settings import Settings, Unsafe

DEMO = Path(__file__).parent / "demo"


@dataclass(frozen=True)
class City:
    """What templates may say about the city, named as in the file; `pages` are its legal pages by address."""

    name: str
    platform: str
    claim: str
    question: str
    intro: str
    easy: str
    demo_notice: str
    demo_text: str
    draft_notice: str
    measures_note: str
    participation_note: str
    self_selection_note: str
    contact: dict[str, str]
    step: list[dict[str, str]]
    pages: dict[str, dict[str, Any]]


def read(settings: Settings) -> City:
    """The city of DIALOG_CITY, or the demonstration's; `legal.toml` lies beside it. Raises Unsafe."""
    file = settings.city or DEMO / "city.toml"
    town = _toml(file) | {"pages": {page["slug"]: page for page in _toml(file.parent / "legal.toml")["page"]}}
    wanted = [field.name for field in fields(City)]
    if missing := [name for name in wanted if name not in town]:
        raise Unsafe(f"In {file} fehlt: {', '.join(missing)}. Ein Beispiel ist {DEMO / 'city.toml'}.")
    return City(**{name: town[name] for name in wanted})


def _toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Unsafe(f"{file} lässt sich nicht lesen: {error}") from None
