"""Reads the files of a city strictly, before anything is stored; every problem is named with file and key."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from consultations.content.shapes import (
    ConsultationsFile,
    Content,
    NetiquetteFile,
    Part,
    StrategyFile,
    TermsFile,
)
from dialogue.kit.errors import Refusal

F = TypeVar("F", bound=Part)
MOST = 20  # problems told at once


class Broken(Refusal):
    """The files are damaged or incomplete; the text names file and key of each problem."""

    status = 422
    title = "Diese Dateien lassen sich nicht einlesen"


def read(folder: Path) -> Content:
    """The content of a folder. Raises Broken, which names every problem with its file and key."""
    problems: list[str] = []
    terms = _file(folder / "terms.toml", TermsFile, problems)
    netiquette = _file(folder / "netiquette.toml", NetiquetteFile, problems)
    strategy = _file(folder / "strategy.toml", StrategyFile, problems)
    consultations = _file(folder / "consultations.toml", ConsultationsFile, problems)
    if terms and netiquette and strategy and consultations:
        content = Content(terms, netiquette, strategy, consultations.consultation)
        problems += [*_twice(content), *_lost(content)]
        if not problems:
            return content
    more = [f"… und {len(problems) - MOST} weitere."] if len(problems) > MOST else []
    raise Broken("\n".join([*problems[:MOST], *more]))


def _file(path: Path, kind: type[F], problems: list[str]) -> F | None:
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
        return kind.model_validate(found)
    except ValidationError as wrong:
        problems += [f"{path.name}, {_place(found, error)}: {_why(error)}" for error in wrong.errors()]
    except (OSError, ValueError) as error:  # TOMLDecodeError names line and column
        why = error.strerror if isinstance(error, OSError) else error
        problems.append(f"{path.name} lässt sich nicht lesen: {why}.")
    return None


def _place(found: Any, error: Any) -> str:
    """point 3 (E5), „title“"""
    words: list[str] = []
    for step in error["loc"]:
        try:
            found = found[step]
        except (LookupError, TypeError):
            found = None
        if isinstance(step, int):
            name = next((found[key] for key in NAMES if key in found), "") if isinstance(found, dict) else ""
            words[-1] = f"{words[-1].strip('„“')} {step + 1}" + (f" ({name})" if name else "")
        else:
            words.append(f"„{step}“")
    return ", ".join(words)


NAMES = ("code", "slug", "key", "number", "kind", "heading", "title")
WHY = {
    "missing": "Das fehlt.",
    "extra_forbidden": "Diesen Schlüssel gibt es nicht.",
    "string_type": "Das muss ein Text in Anführungszeichen sein.",
    "literal_error": "Möglich sind: {expected}.",
    "int_type": "Das muss eine ganze Zahl sein.",
    "bool_type": "Das muss true oder false sein.",
    "float_type": "Das muss eine Zahl sein.",
    "greater_than_equal": "Das muss mindestens {ge} sein.",
    "less_than_equal": "Das darf höchstens {le} sein.",
    "model_type": "Das muss eine Tabelle mit Schlüsseln sein.",
    "date_type": "Erwartet ist ein Datum: 2027-01-31.",
    "list_type": "Das muss als [[…]] wiederholt werden.",
    "too_short": "Hier fehlt mindestens ein Eintrag.",
    "value_error": "{error}",
}


def _why(error: Any) -> str:
    sentence = WHY.get(error["type"])
    if sentence is None:
        return str(error["msg"])
    return sentence.format(**error.get("ctx", {})).replace(" or ", " oder ")


def _twice(content: Content) -> Iterator[str]:
    strategy = content.strategy
    unique: Mapping[str, Iterable[str]] = {
        "netiquette.toml, number": (rule.number for rule in content.netiquette.rule),
        "strategy.toml, area, key": (area.key for area in strategy.area),
        "strategy.toml, area, slug": (area.slug for area in strategy.area),
        "strategy.toml, point, code": (point.code for point in strategy.point),
        "strategy.toml, measure, code": (measure.code for measure in strategy.measure),
        "consultations.toml, slug": (each.slug for each in content.consultations),
    } | {
        f"consultations.toml, {each.slug}, phase, kind": (phase.kind for phase in each.phase)
        for each in content.consultations
    }
    for place, values in unique.items():
        seen: set[str] = set()
        for value in values:
            if value in seen:
                yield f"{place}: „{value}“ steht hier zweimal."
            seen.add(value)


def _lost(content: Content) -> Iterator[str]:
    areas = {area.key for area in content.strategy.area}
    slugs = {each.slug for each in content.consultations}
    for point in content.strategy.point:
        if point.area not in areas:
            yield f"strategy.toml, point ({point.code}), „area“: Das Feld „{point.area}“ gibt es nicht."
        if point.consultation not in slugs:
            where = f"strategy.toml, point ({point.code}), „consultation“"
            yield f"{where}: Die Beteiligung „{point.consultation}“ steht nicht in consultations.toml."
    for measure in content.strategy.measure:
        if measure.area not in areas:
            yield f"strategy.toml, measure ({measure.code}), „area“: Das Feld „{measure.area}“ gibt es nicht."
