"""What the files of a city hold: terms, Netiquette, strategy and consultations, key by key."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from dialogue.kit import clock
from dialogue.kit.text import length, normalise
from moderation.decisions import LONGEST_REASONS, SHORTEST_REASONS

FOR_EVER = 1000  # a phase that ends in more days than this stays


def _full(text: str) -> str:
    if not (text := normalise(text)):
        raise ValueError("Der Text ist leer.")
    return text


def _reasons(text: str) -> str:
    if not SHORTEST_REASONS <= length(text) <= LONGEST_REASONS:
        raise ValueError(f"Es müssen {SHORTEST_REASONS} bis {LONGEST_REASONS} Zeichen sein.")
    return text


def _like(pattern: str, sentence: str) -> AfterValidator:
    def check(text: str) -> str:
        if re.fullmatch(pattern, text) is None:
            raise ValueError(sentence)
        return text

    return AfterValidator(check)


Text = Annotated[str, AfterValidator(_full)]
Maybe = Annotated[str, AfterValidator(normalise)]
Days = Annotated[int, Field(ge=-100_000, le=100_000)]
Slug = Annotated[str, _like("[a-z0-9]+(-[a-z0-9]+)*", "Möglich sind a–z, Ziffern und Bindestriche.")]
Code = Annotated[str, _like("[A-Z]+[0-9]+", "Erwartet sind Großbuchstaben und eine Zahl, wie E1.")]
Number = Annotated[str, _like("[1-9][0-9]{0,3}", "Erwartet ist eine Zahl in Anführungszeichen.")]


class Part(BaseModel):
    """A table of a file: no key that we do not know, no value of another kind."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Dated(Part):
    """From a day to a day, both included: dates (starts_on), or days from that of the import (starts_in_days)."""

    starts_on: date | None = None
    ends_on: date | None = None
    starts_in_days: Days | None = None
    ends_in_days: Days | None = None

    def first(self, today: date) -> date:
        return self.starts_on or today + timedelta(days=self.starts_in_days or 0)

    def last(self, today: date) -> date | None:
        if self.ends_on is not None or self.ends_in_days is None or self.ends_in_days > FOR_EVER:
            return self.ends_on
        return today + timedelta(days=self.ends_in_days)

    @model_validator(mode="after")
    def _one_way(self) -> "Dated":
        if (self.starts_on is None) == (self.starts_in_days is None):
            raise ValueError("Der Beginn fehlt oder steht doppelt.")
        if self.ends_on is not None and self.ends_in_days is not None:
            raise ValueError("Das Ende steht doppelt.")
        last, today = self.last(clock.today()), clock.today()
        if last is not None and last < self.first(today):
            raise ValueError("Das Ende liegt vor dem Beginn.")
        return self


class Section(Part):
    heading: Text
    text: Text


class TermsFile(Part):
    """terms.toml"""

    version: Text
    title: Text
    section: list[Section] = Field(min_length=1)
    text: Maybe = ""
    checked: bool = False


class Rule(Part):
    number: Number
    title: Text
    text: Text
    reason: Annotated[Text, AfterValidator(_reasons)]
    easy: Text


class NetiquetteFile(Part):
    """netiquette.toml"""

    version: Text
    title: Text
    intro: Text
    rule: list[Rule] = Field(min_length=1)
    easy: Maybe = ""


class Edition(Part):
    number: Text
    note: Text
    days_ago: Days = 0


class Area(Part):
    key: Text
    slug: Slug
    title: Text
    summary: Text


class Document(Part):
    title: Text
    note: Maybe = ""
    address: Annotated[str, _like("(https://[^\\s]+)?", "Erwartet ist eine Adresse mit https://.")] = ""


class Point(Part):
    code: Code
    area: Text
    consultation: Text
    title: Text
    text: Text
    rationale: Text
    edition: Text
    changed_days_ago: Annotated[float, Field(ge=0, le=100_000)] = 0
    documents: list[Document] = []
    easy: Maybe = ""


class Measure(Part):
    code: Text
    area: Text
    title: Text
    text: Text
    state: Literal["geplant", "läuft", "fertig"]
    until: Maybe = ""
    cost: Maybe = ""


class StrategyFile(Part):
    """strategy.toml"""

    area: list[Area] = Field(min_length=1)
    point: list[Point] = []
    measure: list[Measure] = []
    edition: list[Edition] = []
    title: Maybe = ""
    status: Maybe = ""
    note: Maybe = ""


class Phase(Dated):
    kind: Literal["information", "participation", "evaluation", "result"]
    title: Text
    text: Text


class Result(Part):
    title: Text
    text: Text


class Consultation(Dated):
    slug: Slug
    title: Text
    lead: Text
    about: Text
    moderation: Literal["pre", "post"] = "pre"
    guests_write: bool = False
    guests_vote: bool = False
    circle: Maybe = ""
    contact: Maybe = ""
    privacy: Maybe = ""
    phase: list[Phase] = []
    result: list[Result] = []

    @model_validator(mode="after")
    def _ends(self) -> "Consultation":
        if self.last(clock.today()) is None:
            raise ValueError("Das Ende fehlt.")
        if self.circle and (self.guests_write or self.guests_vote):
            raise ValueError("In einem Kreis macht niemand ohne Konto mit.")
        return self


class ConsultationsFile(Part):
    """consultations.toml"""

    consultation: list[Consultation] = Field(min_length=1)


@dataclass(frozen=True)
class Content:
    """All four files, each whole in itself and with the others."""

    terms: TermsFile
    netiquette: NetiquetteFile
    strategy: StrategyFile
    consultations: list[Consultation]
