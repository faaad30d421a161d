"""The city whose platform this is: name, contact and texts from files, never from code."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from consultations import accent
from dialogue.kit.errors import Invalid
from dialogue.kit.settings import Settings, Unsafe

DEMO = Path(__file__).parent / "demo"
LEGAL = ("impressum", "datenschutz", "barrierefreiheit")  # every page links to them


def _readable(value: str) -> str:
    try:
        return accent.checked(value) if value else ""
    except Invalid as wrong:
        raise ValueError(wrong.text) from None


Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Mail = Annotated[str, StringConstraints(pattern=r"^[^\s@]+@[^\s@]+$")]
Accent = Annotated[str, AfterValidator(_readable)]
M = TypeVar("M", bound="_Part")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Contact(_Part):
    """Whom to reach and how: stands at the foot of every page and every mail."""

    office: Words
    address: Words
    mail: Mail
    phone: Words

    @property
    def dial(self) -> str:
        """The number as a telephone dials it."""
        return "".join(sign for sign in self.phone.replace("(0)", "") if sign in "+0123456789")


class Step(_Part):
    """One step on the way of a contribution."""

    title: Words
    text: Words


class Section(_Part):
    """A part of a legal page."""

    heading: Words
    text: Words


class LegalPage(_Part):
    """A legal page; `checked` says that somebody responsible has read it."""

    slug: Words
    title: Words
    checked: bool
    section: list[Section]
    note: str = ""
    dated: date | None = None


class Moderation(_Part):
    """What the city promises about moderation: within how many hours what waits is looked at."""

    answer_within_hours: Annotated[int, Field(ge=1, le=24 * 30)] = 24


class _Legal(_Part):
    page: list[LegalPage]


class City(_Part):
    """What templates may say about the city, named as in the file; `pages` are its legal pages by address."""

    name: Words
    platform: Words
    claim: str
    question: Words
    intro: Words
    easy: str
    draft_notice: Words
    measures_note: str = ""
    participation_note: Words
    self_selection_note: Words
    contact: Contact
    step: list[Step]
    pages: dict[str, LegalPage]
    accent: Accent = ""
    demo_notice: str = ""
    demo_text: str = ""
    moderation: Moderation = Moderation()


def read(settings: Settings) -> City:
    """The city of DIALOG_CITY, or the demonstration's; `legal.toml` lies beside it. Raises Unsafe."""
    file = settings.city or DEMO / "city.toml"
    beside, town = file.parent / "legal.toml", _toml(file)
    pages = {page.slug: page for page in _checked(_Legal, beside, _toml(beside)).page}
    if missing := [slug for slug in LEGAL if slug not in pages]:
        raise Unsafe(f"In {beside} fehlt die Seite {', '.join(missing)}. Ein Beispiel liegt in {DEMO}.")
    return _checked(City, file, town | {"pages": pages})


def _toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Unsafe(f"{file} lässt sich nicht lesen: {error}") from None


def _checked(model: type[M], file: Path, found: dict[str, Any]) -> M:
    try:
        return model.model_validate(found)
    except ValidationError as wrong:
        sentences = [f"In {file} {_sentence(error)}." for error in wrong.errors()]
        raise Unsafe("\n".join([*sentences, f"Ein Beispiel liegt in {DEMO}."])) from None


def _sentence(error: Any) -> str:
    """What is wrong with a key, entries of a list counted from one: "fehlt page.3.title"."""
    name = ".".join(str(part + 1) if isinstance(part, int) else part for part in error["loc"])
    if error["type"] == "value_error":
        return f"stimmt {name} nicht: {str(error['ctx']['error']).removesuffix('.')}"
    return {
        "missing": f"fehlt {name}",
        "string_too_short": f"ist {name} leer",
        "string_type": f"ist {name} kein Text in Anführungszeichen",
        "string_pattern_mismatch": f"ist {name} keine E-Mail-Adresse",
    }.get(error["type"], f"hat {name} die falsche Form")
