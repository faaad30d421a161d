"""The README of an export: what it holds, for whom, how to read it. COLUMNS is header and dictionary in one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from dialogue.kit.messages import moment, number

COMMENTS, VOTES, POINTS = "beitraege.csv", "stimmen.csv", "punkte.csv"
ROLES = {
    "panelist": "beratendes Gremium",
    "committee": "Ausschuss",
    "editor": "Redaktion",
    "moderator": "Moderation",
    "admin": "Betrieb (vollständig)",
}
NOT_PUBLIC = frozenset({"moderator", "admin"})
_GUARDED = ", mit Schutz vor Formeln (siehe oben)"
_TALLY = "{} zu diesem {} (leer, solange verdeckt)"
_SOURCE = "account (Konto), guest (ohne Konto), import (übernommen) oder paper (Papierbogen)"
COLUMNS: Mapping[str, Mapping[str, str]] = {
    COMMENTS: {
        "nummer": "Beitragsnummer, öffentlich; unter /beitraege/NUMMER zu finden",
        "punkt": "Kürzel des Punktes, siehe punkte.csv",
        "antwort_auf": "Nummer des Beitrags, auf den geantwortet wird; leer: keine Antwort; –: nicht öffentlich",
        "text": f"der Beitrag{_GUARDED}; bei zurückgezogenen Beiträgen leer",
        "pseudonym": "öffentlicher Name; leer, wenn es keinen gibt oder das Konto gelöscht ist",
        "herkunft": _SOURCE,
        "status": "published (veröffentlicht); im nicht öffentlichen Export auch pending (wartet), "
        "rejected (abgelehnt), hidden (ausgeblendet), withdrawn (zurückgezogen)",
        "veroeffentlicht_am": "Zeitpunkt der Veröffentlichung, ISO 8601 in UTC",
        "zustimmung": _TALLY.format("Stimmen „Zustimmung“", "Beitrag"),
        "neutral": _TALLY.format("Stimmen „neutral“", "Beitrag"),
        "ablehnung": _TALLY.format("Stimmen „Ablehnung“", "Beitrag"),
        "beispiel": "ja: Beispiel der Demonstration, von niemandem geschrieben; sonst nein",
        "zusammengefuehrt": "ja: keine Antwort, sondern ein ähnlicher Beitrag, den die Moderation unter den in antwort_auf "
        "genannten gestellt hat; sonst nein",
    },
    VOTES: {
        "beitrag": "Nummer des Beitrags, siehe beitraege.csv",
        "schluessel": "dieselbe Person hat in dieser Datei denselben Schlüssel; er ist zufällig und gilt nur hier",
        "stimme": "agree (Zustimmung), pass (neutral) oder disagree (Ablehnung)",
        "wert": "dieselbe Stimme als Zahl: 1, 0 oder -1",
        "herkunft": _SOURCE,
    },
    POINTS: {
        "kürzel": "Kürzel des Punktes; unter /punkte/KÜRZEL zu finden",
        "titel": "Überschrift",
        "text": "Wortlaut, zu dem geschrieben und abgestimmt wurde",
        "begruendung": "Begründung",
        "fassung": "Nummer der Fassung",
        "beitraege": "Beiträge in diesem Export",
        "stimmen": "Stimmen zu diesen Beiträgen (leer, solange verdeckt)",
        "haltung_zustimmung": _TALLY.format("Personen mit der Haltung „Zustimmung“", "Punkt"),
        "haltung_neutral": _TALLY.format("Personen mit der Haltung „neutral“", "Punkt"),
        "haltung_ablehnung": _TALLY.format("Personen mit der Haltung „Ablehnung“", "Punkt"),
    },
}
_WARNING = (
    "Diese Daten enthalten auch Texte, die noch nicht oder nicht mehr veröffentlicht sind. "
    "Bitte geben Sie sie nicht weiter und löschen Sie sie, sobald Sie sie nicht mehr brauchen. "
    "Dass es diesen Export gibt, steht im Protokoll."
)
_PUBLIC_VOTES = (
    "Gezählt sind die Stimmen und Haltungen mit Konto und die übernommenen: Das ist die amtliche Zahl. "
    "Stimmen ohne Konto und vom Papierbogen sind nicht enthalten."
)
_ALL_VOTES = (
    "Enthalten sind alle Stimmen, auch ohne Konto und vom Papierbogen; die Spalte „herkunft“ trennt sie. "
    "Haltungen sind gezählt, wie sie veröffentlicht werden: mit Konto und übernommen."
)
_RIGHTS = (
    "Die Texte gehören den Menschen, die sie geschrieben haben. Sie haben erlaubt, sie in Auswertungen und in Daten "
    "zum Herunterladen zusammen mit ihrem Pseudonym zu veröffentlichen. Bitte nennen Sie die Beteiligung und den Stand."
)
_READING = """\
Mitgemacht hat, wer wollte. Die Zahlen zeigen, was die Teilnehmenden denken; sie sind kein repräsentatives Bild aller
Menschen in der Stadt.

{votes}

Der Schlüssel in {table} wird für jeden Export neu ausgelost und danach vergessen. Er lässt sich weder mit den
Pseudonymen noch mit einem anderen Export verbinden; die Reihenfolge der Zeilen sagt nichts über Zeit oder Person.
Bitte versuchen Sie nicht, aus Mustern auf einzelne Menschen zu schließen.
"""
_GUARD = r"""## So sind die Dateien zu öffnen

Die Dateien sind für Tabellenprogramme gemacht: UTF-8 mit BOM, Semikolon als Trennzeichen, jede Zelle in
Anführungszeichen, Zeilenende CRLF.

**Schutz vor Formeln.** Tabellenprogramme rechnen Zellen aus, die mit = + - @ beginnen (auch in der breiten Schreibweise
＝ ＋ － ＠). Damit kein Beitrag ausgerechnet wird, steht in den Texten ein Apostroph (') davor: am Anfang der Zelle und
nach jedem Semikolon, Komma, Tabulator, senkrechten Strich und Zeilenumbruch in ihr, auch wenn dazwischen nur
Leerzeichen oder Anführungszeichen stehen; ebenso vor Tabulator und Wagenrücklauf. Stand an einer solchen Stelle schon
ein Apostroph, sind es zwei. Zahlen in den Zahlenspalten sind unverändert.

So bekommen Sie den ursprünglichen Text: Nehmen Sie an jeder dieser Stellen einen Apostroph weg, wenn dort einer steht.
In Python:

    re.sub(r"(\A|[;,\t|\n\r])'", r"\1", zelle)
"""


_LINES = """\
## So sind die Dateien zu lesen

Jede Zeile einer Datei mit der Endung .jsonl ist ein JSON-Objekt in UTF-8 mit den Feldern, die unten stehen. Texte sind
Zeichen für Zeichen so, wie sie geschrieben wurden; Zahlen sind Zahlen; was leer ist, ist null. schema.json sagt dasselbe
für Programme. Bitte zeigen Sie die Texte nie als HTML an, ohne sie zu maskieren.
"""
_SHEETS = (
    "Jeder Text ist als Text gespeichert, auch wenn er mit = + - @ beginnt: Nichts wird ausgerechnet, nichts ist verändert. "
    "Ein Blatt fasst 1.048.576 Zeilen; sind es mehr, geht es auf einem weiteren Blatt mit derselben Kopfzeile weiter."
)


@dataclass(frozen=True)
class Facts:
    """What is said about one export; `sealed_until` is None unless it lies ahead. Tables come as they are written."""

    slug: str
    title: str
    role: str
    made_at: datetime
    attribution: str
    sealed_until: datetime | None
    format: str = "csv"
    rows: dict[str, int] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)

    @property
    def secret(self) -> bool:
        return self.role in NOT_PUBLIC

    @property
    def schema(self) -> str:
        return f"ki-dialog-{self.format}/1"

    @property
    def rights(self) -> str:
        return self.attribution or _RIGHTS

    def meanings(self, table: str) -> Iterator[tuple[str, str]]:
        """Each column of a table and what it means in this format."""
        for column, meaning in COLUMNS[table].items():
            if self.format != "csv":
                meaning = meaning.replace(_GUARDED, "")
            for name, shown in self.named.items():
                meaning = meaning.replace(name, shown)
            yield column, meaning


def text(facts: Facts) -> str:
    """The whole README in German Markdown."""
    title = " ".join(facts.title.split())
    return "\n".join(
        [
            f"# {title}{' – nicht öffentlich' if facts.secret else ''}\n",
            *([f"**NICHT ÖFFENTLICH.** {_WARNING}\n"] if facts.secret else []),
            *(f"- {fact}" for fact in _facts(facts)),
            *([f"\n**{sealed[0]}**{sealed[1]}"] if (sealed := _sealed(facts)) else []),
            "\n## So sind die Zahlen zu lesen\n",
            _reading(facts),
            _GUARD if facts.format == "csv" else _LINES,
            *_dictionary(facts),
            "## Rechte und Quelle\n",
            facts.rights,
            "",
        ]
    )


def plain(facts: Facts) -> list[str]:
    """The same for a sheet, line by line; the dictionary stands below it as a table."""
    sealed = _sealed(facts)
    lines = [
        " ".join(facts.title.split()),
        *([f"NICHT ÖFFENTLICH. {_WARNING}"] if facts.secret else []),
        *_facts(facts),
        *(["".join(sealed)] if sealed else []),
        "",
        *(" ".join(part.split()) for part in _reading(facts).split("\n\n")),
        _SHEETS,
        "",
        f"Rechte und Quelle: {facts.rights}",
    ]
    return [line.replace("`", "") for line in lines]


def _facts(facts: Facts) -> list[str]:
    return [
        f"Beteiligung: /beteiligung/{facts.slug}",
        f"Stand: {moment(facts.made_at)}",
        f"Zusammengestellt für: {ROLES[facts.role]} (`{facts.role}`)",
        f"Schema: {facts.schema}",
        *(
            f"{facts.named[name]}: {number(rows)} {'Zeile' if rows == 1 else 'Zeilen'}"
            for name, rows in facts.rows.items()
        ),
    ]


def _reading(facts: Facts) -> str:
    shown = facts.named.get(VOTES, "den Stimmen")
    return _READING.format(votes=_ALL_VOTES if facts.secret else _PUBLIC_VOTES, table=shown)


def _sealed(facts: Facts) -> tuple[str, str] | None:
    if facts.sealed_until is None:
        return None
    return (
        f"Die Stimmen sind bis zum {moment(facts.sealed_until)} verdeckt",
        ", damit Zwischenstände niemanden beeinflussen. Bis dahin enthält kein Export Stimmen, Summen oder Haltungen, "
        "auch nicht für die Verwaltung. Deshalb fehlt die Tabelle der Stimmen, und die Spalten dazu sind leer.",
    )


def _dictionary(facts: Facts) -> Iterator[str]:
    for name in facts.rows:
        yield f"## {facts.named[name]}\n"
        yield from (f"- `{column}`: {meaning}" for column, meaning in facts.meanings(name))
        yield ""
