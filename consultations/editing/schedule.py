"""The days of a consultation: which phases may follow one another, and what stays promised once it is open."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from consultations.tables import PHASES

Problem = tuple[str, str]  # field and sentence
TITLES = {
    "information": "Informieren",
    "participation": "Mitreden",
    "evaluation": "Auswerten",
    "result": "Antworten",
}


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def span(content: dict[str, Any], kind: str) -> tuple[date | None, date | None]:
    """First and last day of a phase; the one in which people talk has the consultation's own."""
    part = content if kind == "participation" else content.get(kind) or {}
    return day(part.get("starts_on")), day(part.get("ends_on"))


def field(kind: str, name: str) -> str:
    return name if kind == "participation" else f"{kind}-{name}"


def problems(
    content: dict[str, Any], public: dict[str, Any] | None, today: date, circle: str = ""
) -> Iterator[Problem]:
    """What cannot be: wrong days, days that are over, and promises that would be broken.

    `public` is what citizens see of it now, None while it is a draft; `circle` the one for which it was
    published before.
    """
    yield from _phases(content)
    first, last = span(content, "participation")
    told = span(public, "participation") if public else (None, None)
    if last and last < today and last != told[1]:
        yield (
            "ends_on",
            "Das Ende liegt in der Vergangenheit. Bitte wählen Sie heute oder einen späteren Tag.",
        )
    sealed = day(content.get("sealed_until"))
    if sealed and first and sealed <= first:
        yield "sealed_until", "Dieser Tag muss nach dem Beginn liegen."
    for name in ("guests_write", "guests_vote"):
        if content.get("circle") and content.get(name):
            yield name, "In einem Kreis macht nur mit, wer dazugehört. Dafür braucht man ein Konto."
    if public and told[0] and told[0] <= today:
        yield from _promises(content, public, today)
    elif circle and (content.get("circle") or "") != circle:
        yield "circle", CONFIDED


def _phases(content: dict[str, Any]) -> Iterator[Problem]:
    before: tuple[str, date | None] | None = None
    for kind in PHASES:
        first, last = span(content, kind)
        if last and not first:
            yield field(kind, "starts_on"), "Hier fehlt der erste Tag."
        if not first:
            continue
        if last and last < first:
            yield field(kind, "ends_on"), "Das Ende liegt vor dem Beginn."
        if before and before[1] is None and before[0] != "participation":
            yield (
                field(before[0], "ends_on"),
                f"Hier fehlt der letzte Tag: Danach kommt noch „{TITLES[kind]}“.",
            )
        if before and before[1] and first <= before[1]:
            yield (
                field(kind, "starts_on"),
                f"„{TITLES[kind]}“ würde beginnen, bevor „{TITLES[before[0]]}“ zu Ende ist. Bitte später.",
            )
        before = kind, last


def _promises(content: dict[str, Any], public: dict[str, Any], today: date) -> Iterator[Problem]:
    """Once it has begun: what people were told when they began to write and to vote."""
    first, last = span(content, "participation")
    told_first, told_last = span(public, "participation")
    if first != told_first:
        yield "starts_on", "Die Beteiligung hat schon begonnen. Der erste Tag lässt sich nicht mehr ändern."
    if told_last and told_last < today and last != told_last:
        yield "ends_on", "Die Beteiligung ist beendet. Das Ende lässt sich nicht mehr ändern."
    elif told_last and last and last < told_last:
        yield (
            "ends_on",
            "Viele richten sich nach diesem Tag. Sie können das Ende nur noch nach hinten verschieben.",
        )
    seal, told_seal = day(content.get("sealed_until")), day(public.get("sealed_until"))
    if seal != told_seal and (told_seal is None or seal is None or seal < told_seal):
        yield (
            "sealed_until",
            "Bis wann Zwischenstände verdeckt sind, ist seit dem Beginn versprochen. Möglich ist nur ein späterer Tag.",
        )
    for name, sentence in KEPT.items():
        told = public.get(name) or ""
        if (content.get(name) or (told if name == "rulebook" else "")) != told:
            yield name, sentence


CONFIDED = (
    "Die Texte waren bisher nur für diesen Kreis bestimmt. "
    "Bitte lassen Sie ihn stehen, oder legen Sie eine neue Beteiligung an."
)
WHO = "Wer ohne Konto mitmachen darf, steht seit dem Beginn fest und lässt sich nicht mehr ändern."
KEPT = {
    "guests_write": WHO,
    "guests_vote": WHO,
    "circle": "Wer mitreden darf, steht seit dem Beginn fest und lässt sich nicht mehr ändern.",
    "rulebook": "Die Netiquette gilt vom Beginn bis zum Ende und lässt sich jetzt nicht mehr wechseln.",
}
