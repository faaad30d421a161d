"""Catalogues: into which languages the templates are translated, and how far. German is what they are written in."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale
from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from dialogue.kit.files import ROOT, TEMPLATES

GERMAN = "de"
LOCALES = ROOT / "locale"
MAPPING = [("**.html", "jinja2.ext:babel_extract"), ("**.txt", "jinja2.ext:babel_extract")]
OPTIONS: Any = {"**": {"trim_blocks": "true", "lstrip_blocks": "true", "newstyle_gettext": "true"}}
_VARIABLE = re.compile(r"%\((\w+)\)s")
Message = str | tuple[str, ...]


@dataclass(frozen=True)
class Language:
    """A language of the platform, and how much of the templates is translated into it."""

    code: str
    name: str
    percent: int

    @property
    def finished(self) -> bool:
        return self.percent == 100


@cache
def languages(folder: Path = LOCALES) -> tuple[Language, ...]:
    """German first, then every language somebody began. Reads all templates: once, and not on the event loop."""
    wanted = messages()
    begun = [
        Language(file.parent.parent.name, _name(file.parent.parent.name), _percent(file, wanted))
        for file in sorted(folder.glob("*/LC_MESSAGES/messages.po"))
    ]
    return (Language(GERMAN, _name(GERMAN), 100), *begun)


def messages(templates: Path = TEMPLATES) -> frozenset[Message]:
    """All texts of the templates, as they are written there."""
    found = extract_from_dir(str(templates), method_map=MAPPING, options_map=OPTIONS)
    return frozenset(message for _, _, message, _, _ in found)


def _percent(file: Path, wanted: frozenset[Message]) -> int:
    with file.open("rb") as opened:
        catalogue = read_po(opened, locale=file.parent.parent.name)
    done = sum(_translated(catalogue, message) for message in wanted)
    return 100 * done // max(1, len(wanted))


def _translated(catalogue: Catalog, message: Message) -> bool:
    """Every form is there and names the same variables."""
    found = catalogue.get(message[0] if isinstance(message, tuple) else message)
    if found is None or found.fuzzy:
        return False
    forms = found.string if isinstance(found.string, tuple | list) else (found.string,)
    return all(form and _named(form) <= _named(message) for form in forms)


def _named(message: Message) -> set[str]:
    texts = message if isinstance(message, tuple) else (message,)
    return {"num", *(name for text in texts for name in _VARIABLE.findall(text))}


def _name(code: str) -> str:
    return Locale.parse(code).get_display_name(GERMAN) or code
