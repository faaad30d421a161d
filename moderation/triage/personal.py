"""Personal data: telephone numbers, e-mail addresses, bank accounts, addresses of homes, licence plates. Pure.

Every pattern is bounded: no text takes longer than its length. What looks alike and is none of it has to stay
out: dates, hours, prices, post codes, file numbers, Beitragsnummern.
"""

import re
from collections.abc import Iterator

Span = tuple[int, int]
Found = tuple[str, Span]

_MAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}(?:[^\S\n]?@[^\S\n]?|\s?[(\[{]\s?(?:at|ät)\s?[)\]}]\s?)"
    r"(?:[\w-]{1,63}(?:\.|\s?[(\[{]\s?(?:dot|punkt)\s?[)\]}]\s?)){1,5}[^\W\d_]{2,24}(?![\w@])",
    re.IGNORECASE,
)

_ACCOUNT = r"[A-Za-z]{2}[0-9]{2}(?:\s?[A-Za-z0-9]{4}){3,7}(?:\s?[A-Za-z0-9]{1,3})?"
_IBAN = re.compile(rf"\b(?:[Dd][Ee][0-9]{{2}}(?:\s?[0-9]{{4}}){{4}}\s?[0-9]{{2}}|(?![Dd][Ee]){_ACCOUNT})\b")

_BETWEEN = r"(?:[^\S\n]|[/.–-]){1,3}"
_GROUPS = rf"(?:{_BETWEEN}(?:\d{{2,12}}|\d(?={_BETWEEN}\d\d))){{0,7}}"
_PHONE = re.compile(
    r"(?<![\w/.,+-])(?<!\d[^\S\n])(?:"
    rf"(?:\+|00)4[139][^\S\n]?(?:\(0\)|/|-)?[^\S\n]?\(?\d{{1,12}}\)?{_GROUPS}"  # +49 (0)345 …, 0043 …
    rf"|\(?0[1-9]\d{{1,12}}\)?{_GROUPS}"  # 0345 …, (0151) …
    rf"|\(0[^\S\n][1-9]\d{{1,3}}\){_GROUPS}"  # (0 30) …
    r")(?![\w/-])"
)
_CALLED = re.compile(
    r"\b(?:Tel|Telefon|Telefonnummer|Handy|Handynummer|Fax|Rufnummer)\b\.?[^\S\n]?(?:[:=]|ist)?[^\S\n]?"
    r"(\d{1,8}(?:[^\S\n/-]{1,2}\d{1,8}){0,5})(?![\w/-])",
    re.IGNORECASE,
)
_FILED = re.compile(
    r"\b(?:Az|Aktenzeichen|Drucksache|Vorlage|Beschluss|Antrag|Nummer|Nr|Ticket|ISBN)\b\W{0,3}$", re.I
)
DIGITS = {"0": 9, "+": 10}  # at least; a shorter one is a number of something else

_NUMBER = r"\d{1,3}(?:[^\S\n]?[a-h])?\b(?!-?\w)"
_STREETS = (
    r"(?:straße|strasse|str\.|str|gasse|allee|weg|platz|ring|damm|ufer|chaussee|stieg|steig|wall|promenade|markt"
    r"|graben|berg|zeile)"
)
_HOUSE = re.compile(
    rf"(?<=[\w\s-]){_STREETS},?[^\S\n](?:(?:Hausnummer|Haus|Nr\.?)[^\S\n])?{_NUMBER}"
    r"(?![^\S\n]?(?:km|m\b|Uhr|Meter|Spuren|[.,]\d|%|€))",
    re.IGNORECASE,
)
_IN_TOWN = re.compile(rf"(?<=\s){_NUMBER}(?:\s?[,\n]\s?|\s)(?:D-)?\d{{5}}[^\S\n][A-ZÄÖÜ][a-zäöüß]{{1,30}}")
# What stands before: the name of the street, of one word or with one of these before it.
_NAME = (
    r"(?:(?:Alte[rs]?|Am|An|Auf|Im|Unter|Zum|Zur|Gr\.|Große|Kl\.|Kleine|Neue[rs]?|Obere|Untere"
    r"|[A-ZÄÖÜ][\w-]{1,30}er)\s(?:de[mnr]\s)?)?(?!(?:Auf|Das|Der|Die|Ein|Im)\b)[A-ZÄÖÜ][\w.-]{0,40}"
)
_BEFORE_STREET = re.compile(rf"\b{_NAME}\s?$")
_BEFORE_NUMBER = re.compile(rf"\b{_NAME},?\s(?:(?:Hausnummer|Haus|Nr\.?)\s)?$")
# A house number alone is mostly a place one talks about. It is personal where somebody lives in it.
_LIVES = re.compile(
    r"\b(?:wohn(?:e|t|en|te|ten|haft)|lebe|bei (?:mir|uns)|Adresse|Anschrift|daheim|zu[^\S\n]?[hH]ause"
    r"|(?:Frau|Herrn?|Familie|Ehepaar) [A-ZÄÖÜ]\w{1,30}"
    r"|(?i:mein|unser|sein|ihr)\w{0,2} (?:Haus|Wohnung|Elternhaus|Eltern|Mutter|Vater|Oma|Opa|Nachbar|Haustür)\w{0,5}"
    r")\b[^.!?]{0,60}$"
)
_LIVES_THERE = re.compile(r"[^.!?]{0,20}\bwohn(?:e|t|en)\b")

_PLATE = re.compile(r"(?<![\w-])([A-ZÄÖÜ]{1,3})-([A-Z]{1,2})[^\S\n-]?([1-9]\d{1,3})[HE]?(?![\w-]|[.,/]\d)")
_SPOKEN_PLATE = re.compile(
    r"\b(?:Kennzeichen|Nummernschild)\b[^\w\n]{0,3}(?:(?:ist|war|lautet)[^\S\n])?"
    r"([A-ZÄÖÜ]{1,3}[^\S\n-]{0,3}-?[^\S\n]?[A-Z]{1,2}[^\S\n-]{0,3}-?\d{1,4}[HE]?)\b",
    re.IGNORECASE,
)
NO_DISTRICT = {"DIN", "EN", "EU", "ISO", "IT", "KI", "LTE", "PDF", "USB"}  # DIN-A 12, EU-AI 24
YEARS = range(1950, 2070)
SHORTEST = 15  # characters of an account number


def found(text: str) -> Iterator[Found]:
    """What looks like personal data, as (phone, mail, iban, address or plate, where it stands)."""
    yield from (("mail", hit.span()) for hit in _MAIL.finditer(text))
    accounts = list(_accounts(text))
    yield from (("iban", span) for span in accounts)
    yield from (("phone", span) for span in _apart(_phones(text), accounts))
    yield from (("address", span) for span in _addresses(text))
    yield from (("plate", span) for span in _plates(text))


def _apart(spans: Iterator[Span], taken: list[Span]) -> Iterator[Span]:
    """The spans that touch none of those taken; both are in the order of the text."""
    at = 0
    for start, end in spans:
        while at < len(taken) and taken[at][1] <= start:
            at += 1
        if at == len(taken) or taken[at][0] >= end:
            yield start, end


def _accounts(text: str) -> Iterator[Span]:
    """Where an account stands; a short word behind it looks like more of it."""
    for hit in _IBAN.finditer(text):
        ends = [blank.start() for blank in re.finditer(r"\s", hit.group())]
        for end in (len(hit.group()), *reversed(ends)):
            if end >= SHORTEST and _adds_up(hit.group()[:end]):
                yield hit.start(), hit.start() + end
                break


def _adds_up(candidate: str) -> bool:
    """ISO 13616: moved country code and check digits, letters as numbers, rest 1 by 97."""
    compact = "".join(candidate.split())
    digits = "".join(str(int(letter, 36)) for letter in compact[4:] + compact[:4])
    return int(digits) % 97 == 1


def _phones(text: str) -> Iterator[Span]:
    spans = [hit.span() for hit in _PHONE.finditer(text) if _is_phone(hit)]
    called = [hit.span(1) for hit in _CALLED.finditer(text) if _digits(hit[1]) >= 5]
    yield from sorted([*spans, *_apart(iter(called), spans)])


def _is_phone(hit: re.Match[str]) -> bool:
    number = hit.group()
    if _FILED.search(hit.string, max(0, hit.start() - 20), hit.start()):
        return False
    return _digits(number) >= (DIGITS["+"] if number.startswith(("+", "00")) else DIGITS["0"])


def _digits(text: str) -> int:
    return sum(letter.isdigit() for letter in text)


def _addresses(text: str) -> Iterator[Span]:
    whole = list(_named(text, _IN_TOWN, _BEFORE_NUMBER))
    yield from whole
    yield from _apart((home for home in _named(text, _HOUSE, _BEFORE_STREET) if _lives(text, *home)), whole)


def _named(text: str, number: re.Pattern[str], before: re.Pattern[str]) -> Iterator[Span]:
    """House numbers with the name of a street before them. Looked for from the number: there are fewer."""
    for hit in number.finditer(text):
        if name := before.search(text, max(0, hit.start() - 100), hit.start()):
            yield name.start(), hit.end()


def _lives(text: str, start: int, end: int) -> bool:
    before = _LIVES.search(text, max(0, start - 100), start)
    return bool(before or _LIVES_THERE.match(text, end))


def _plates(text: str) -> Iterator[Span]:
    spans = [hit.span() for hit in _PLATE.finditer(text) if _is_plate(*hit.groups())]
    yield from spans
    yield from _apart((hit.span(1) for hit in _SPOKEN_PLATE.finditer(text)), spans)


def _is_plate(district: str, letters: str, number: str) -> bool:
    return district not in NO_DISTRICT and int(number) not in YEARS and len(district + letters + number) <= 8
