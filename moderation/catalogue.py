"""What each figure of moderation is called and means; figures as lines of a table."""

from dataclasses import dataclass

from moderation.figures import Broken, Figures

FEWEST = 20  # of fewer than these nobody reads a share or a middle: one more would turn it


@dataclass(frozen=True)
class Line:
    """One figure: its key, what it is called, how much, of how many, and the whole per cent unless these are too
    few. A time is in seconds."""

    key: str
    label: str
    value: float | None
    n: int | None = None
    rule: Broken | None = None
    is_time: bool = False

    @property
    def percent(self) -> int | None:
        if self.n is None or self.n < FEWEST or self.value is None or self.is_time:
            return None
        return round(100 * self.value / self.n)

    @property
    def too_few(self) -> bool:
        return self.n is not None and self.n < FEWEST

    @property
    def hours(self) -> float | None:
        """A time in hours, None of too few."""
        return None if self.value is None or self.too_few else round(self.value / 3600, 2)


# Group, key, label, of how many (the key of another figure); what it counts.
_CATALOGUE = (
    ("in", "received", "Beiträge eingegangen", "",
     "Beiträge und Antworten, gleich was daraus wurde; ohne übernommene."),
    ("in", "examples", "davon erfundene Beispiele", "",
     "Beiträge, mit denen die Plattform vorgeführt wird."),
    ("in", "imported", "außerdem übernommen", "",
     "Beiträge aus einem früheren Verfahren. Was dort entschieden wurde, zählt hier nicht mit."),
    ("kinds", "publish", "veröffentlicht", "decisions",
     "Ein Mensch hat den wartenden Beitrag veröffentlicht."),
    ("kinds", "publish_masked", "geschwärzt veröffentlicht", "decisions",
     "Einzelne Stellen sind unkenntlich, etwa eine Telefonnummer."),
    ("kinds", "reject", "abgelehnt", "decisions",
     "Der Beitrag wurde nicht veröffentlicht."),
    ("kinds", "hide", "ausgeblendet", "decisions",
     "Der Beitrag stand schon da und wurde verborgen."),
    ("kinds", "restore", "wiederhergestellt", "decisions",
     "Ein anderer Mensch hat eine Ablehnung, ein Ausblenden oder Schwärzen aufgehoben."),
    ("kinds", "keep", "unverändert gelassen", "decisions",
     "Nach einer Meldung, einer Beschwerde oder in der Stichprobe blieb alles, wie es war."),
    ("kinds", "close_thread", "Diskussion geschlossen", "decisions",
     "Zu einem Punkt kann vorzeitig nicht mehr geschrieben werden."),
    ("kinds", "open_thread", "Diskussion wieder geöffnet", "decisions",
     "Zu einem Punkt kann wieder geschrieben werden."),
    ("origins", "own", "aus eigener Prüfung", "decisions",
     "Niemand hatte darum gebeten."),
    ("origins", "notice", "nach einer Meldung", "decisions",
     "Jemand hatte den Beitrag gemeldet."),
    ("origins", "appeal", "nach einer Beschwerde", "decisions",
     "Die Autorin oder der Autor hatte sich beschwert."),
    ("origins", "audit", "aus der Stichprobe", "decisions",
     "Der Beitrag war zufällig zum Nachlesen gezogen worden."),
    ("triage", "passed", "ohne einen Menschen veröffentlicht", "received",
     "Dem Programm fiel nichts auf, und die Beteiligung prüft erst danach."),
    ("triage", "held", "vom Programm angehalten", "later",
     "Von den Beiträgen in Beteiligungen, die erst danach prüfen: Ein Mensch musste zuerst entscheiden."),
    ("notices", "notices", "Meldungen eingegangen", "",
     "Jede Meldung zählt, auch mehrere zum selben Beitrag."),
    ("notices", "notices_answered", "davon beantwortet", "",
     "Über den Beitrag wurde danach entschieden."),
    ("notices", "notices_followed", "davon gefolgt", "notices_answered",
     "Der Beitrag wurde abgelehnt, ausgeblendet oder geschwärzt."),
    ("appeals", "appeals", "Beschwerden eingegangen", "",
     "Von Autorinnen und Autoren gegen eine Entscheidung."),
    ("appeals", "appeals_answered", "davon beantwortet", "",
     "Ein anderer Mensch hat neu entschieden."),
    ("appeals", "appeals_upheld", "davon stattgegeben", "appeals_answered",
     "Die Entscheidung wurde aufgehoben."),
    ("audits", "drawn", "Beiträge gezogen", "",
     "Zufällig aus denen, die ohne einen Menschen veröffentlicht wurden."),
    ("audits", "read", "davon nachgelesen", "",
     "Ein Mensch hat darüber entschieden."),
    ("audits", "read_against", "davon beanstandet", "read",
     "Der Beitrag wurde ausgeblendet oder geschwärzt."),
)  # fmt: skip
_TIMES = (
    ("median", "mittlere Dauer",
     "Vom Eingang bis zur ersten Entscheidung, wenn ein Mensch sie traf: Die Hälfte war schneller."),
    ("ninth", "neun von zehn in", "Ebenso: Neun von zehn waren schneller."),
)  # fmt: skip
DECISIONS = ("decisions", "Entscheidungen von Menschen", "Alle, auch mehrere zum selben Beitrag.")
RULE = ("rule", "Regel", "So oft war die Regel der Netiquette der Grund.")


@dataclass(frozen=True)
class Meaning:
    """What a figure is called and counts."""

    label: str
    text: str


MEANINGS = {key: Meaning(label, text) for _, key, label, _, text in _CATALOGUE} | {
    key: Meaning(label, text) for key, label, text in (*_TIMES, DECISIONS, RULE)
}


def groups(figures: Figures) -> dict[str, list[Line]]:
    """All figures as lines, by group: the one source of the page, the spreadsheet and the file for programs."""
    decisions = sum(figures.kinds.values())
    numbers = {**figures.counts, **figures.kinds, **figures.origins, "decisions": decisions}
    found: dict[str, list[Line]] = {"in": [], "kinds": [], "origins": [], "rules": [], "times": []}
    for group, key, label, of, _ in _CATALOGUE:
        line = Line(key, label, numbers.get(key, 0), numbers.get(of, 0) if of else None)
        found.setdefault(group, []).append(line)
    found["in"].append(Line(*DECISIONS[:2], decisions))
    found["rules"] = [
        Line(RULE[0], f"{RULE[1]} {rule.number}: {rule.title}", rule.decisions, decisions, rule)
        for rule in figures.rules
    ]
    wait = figures.wait
    found["times"] = [
        Line(key, label, getattr(wait, key) if wait.n else None, wait.n, is_time=True)
        for key, label, _ in _TIMES
    ]
    return found
