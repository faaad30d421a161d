"""The README of an export: what it holds, for whom, how to read it. COLUMNS is header and dictionary in one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from dialogue.kit.messages import moment, number

SCHEMA = "ki-dialog-csv/1"
COMMENTS, VOTES, POINTS = "beitraege.csv", "stimmen.csv", "punkte.csv"
ROLES = {
    "panelist": "beratendes Gremium",
    "committee": "Ausschuss",
    "editor": "Redaktion",
    "moderator": "Moderation",
    "admin": "Betrieb (vollständig)",
}
NOT_PUBLIC = frozenset({"moderator", "admin"})
_TALLY = "{} zu diesem {} (leer, solange verdeckt)"
_SOURCE = "account (Konto), guest (ohne Konto), import (übernommen) oder paper (Papierbogen)"
COLUMNS: Mapping[str, Mapping[str, str]] = {
    COMMENTS: {
        "nummer": "Beitragsnummer, öffentlich; unter /beitraege/NUMMER zu finden",
        "punkt": "Kürzel des Punktes, siehe punkte.csv",
        "antwort_auf": "Nummer des Beitrags, auf den geantwortet wird; leer: keine Antwort; –: nicht öffentlich",
        "text": "der Beitrag, mit Schutz vor Formeln (siehe oben); bei zurückgezogenen Beiträgen leer",
        "pseudonym": "öffentlicher Name; leer, wenn es keinen gibt oder das Konto gelöscht ist",
        "herkunft": _SOURCE,
        "status": "published (veröffentlicht); im nicht öffentlichen Export auch pending (wartet), "
        "rejected (abgelehnt), hidden (ausgeblendet), withdrawn (zurückgezogen)",
        "veroeffentlicht_am": "Zeitpunkt der Veröffentlichung, ISO 8601 in UTC",
        "zustimmung": _TALLY.format("Stimmen „Zustimmung“", "Beitrag"),
        "neutral": _TALLY.format("Stimmen „neutral“", "Beitrag"),
        "ablehnung": _TALLY.format("Stimmen „Ablehnung“", "Beitrag"),
        "beispiel": "ja: Beispiel der Demonstration, von niemandem geschrieben; sonst nein",
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
    "**NICHT ÖFFENTLICH.** Diese Dateien enthalten auch Texte, die noch nicht oder nicht mehr veröffentlicht sind. "
    "Bitte geben Sie sie nicht weiter und löschen Sie sie, sobald Sie sie nicht mehr brauchen. "
    "Dass es diesen Export gibt, steht im Protokoll.\n"
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
## So sind die Zahlen zu lesen

Mitgemacht hat, wer wollte. Die Zahlen zeigen, was die Teilnehmenden denken; sie sind kein repräsentatives Bild aller
Menschen in der Stadt.

{votes}

Der Schlüssel in stimmen.csv wird für jeden Export neu ausgelost und danach vergessen. Er lässt sich weder mit den
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


@dataclass(frozen=True)
class Facts:
    """What the README says about one export; `sealed_until` is None unless it lies ahead."""

    slug: str
    title: str
    role: str
    made_at: datetime
    attribution: str
    sealed_until: datetime | None
    rows: Mapping[str, int]


def text(facts: Facts) -> str:
    """The whole README in German Markdown."""
    secret = facts.role in NOT_PUBLIC
    head = [
        f"# {' '.join(facts.title.split())}{' – nicht öffentlich' if secret else ''}\n",
        *([_WARNING] if secret else []),
        f"- Beteiligung: /beteiligung/{facts.slug}",
        f"- Stand: {moment(facts.made_at)}",
        f"- Zusammengestellt für: {ROLES[facts.role]} (`{facts.role}`)",
        f"- Schema: {SCHEMA}",
        *(
            f"- {name}: {number(rows)} {'Zeile' if rows == 1 else 'Zeilen'}"
            for name, rows in facts.rows.items()
        ),
    ]
    votes = _ALL_VOTES if secret else _PUBLIC_VOTES
    parts = [
        *head,
        *_sealed(facts),
        "\n" + _READING.format(votes=votes),
        _GUARD,
        *_dictionary(facts),
        *_rights(facts),
    ]
    return "\n".join(parts)


def _sealed(facts: Facts) -> Iterator[str]:
    if facts.sealed_until is not None:
        yield (
            f"\n**Die Stimmen sind bis zum {moment(facts.sealed_until)} verdeckt**, damit Zwischenstände niemanden "
            "beeinflussen. Bis dahin enthält kein Export Stimmen, Summen oder Haltungen, auch nicht für die Verwaltung. "
            "Deshalb fehlt stimmen.csv, und die Spalten dazu sind leer."
        )


def _dictionary(facts: Facts) -> Iterator[str]:
    for name in facts.rows:
        yield f"## {name}\n"
        yield from (f"- `{column}`: {meaning}" for column, meaning in COLUMNS[name].items())
        yield ""


def _rights(facts: Facts) -> Iterator[str]:
    yield "## Rechte und Quelle\n"
    yield facts.attribution or _RIGHTS
    yield ""
