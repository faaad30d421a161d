"""Insults: words nobody uses but to insult, and phrases that turn ordinary words into one. Pure.

Precise rather than many. What stands in ordinary sentences is not here: animals ("Schweinehaltung"), sayings
("interessiert keine Sau"), and sharp judgements on a thing ("eine schwachsinnige Ampel").
"""

import re
from collections import defaultdict
from collections.abc import Iterator

Span = tuple[int, int]
Found = tuple[str, Span]

# In the singular, and folded: ä is ae, ß is ss.
LIST = """
abschaum arschgeige arschgesicht arschkrampe arschkriecher arschlecker bastard bitch bloedian
bloedmaenner bloedmann bullenschwein drecksack drecksaecke drecksaeue drecksau drecksbulle dreckschwein
dreckskerl dreckspack drecksschwein dummbeutel dummkoepfe dummkopf dummschwaetzer dumpfbacke fettsack
fettsaecke fettwanst flachpfeife flachwichser gesocks hackfresse heuchler hirni hohlbirne hohlkoepfe
hohlkopf hundesohn hure hurensoehne judenpack judensau kackbratze kackfresse kameltreiber kanake
kinderficker klugscheisser knalltuete kotzbrocken kruppzeug labertasche luegenpresse luegner luegnerin
lumpenpack luschi missgeburt mistkerl miststueck mongo motherfucker nazisau nazischwein neger nichtsnutz
nigger nutte pisser pissnelke rattenpack saftsack saftsaecke saukerl saupack scheissbulle scheisskerl
scheisstyp schlampe schlappschwanz schlitzauge schmarotzer schmierlappen schwachkoepfe schwachkopf
schwachmat schwaetzer schwanzlutscher schweinepack schwuchtel sesselfurzer sozialschmarotzer spast spasti
speichellecker spinner stinkstiefel strohkopf taugenichts trulla tussi untermensch vaterlandsverraeter
verraeterschwein versager volksschaedling volksverraeter volksverraeterin vollhonk vollhorst vollpfosten
witzfigur wixer ziegenficker zigeunerpack
"""
WORDS = frozenset(LIST.split())
# Whatever stands before them: Vollidiot, Oberdepp.
HEADS = (
    "arschloch",
    "arschloecher",
    "depp",
    "fotze",
    "gesindel",
    "idiot",
    "penner",
    "trottel",
    "wichser",
)
BEFORE = ("drecks", "ober", "scheiss", "super", "voll")
# Words that begin so are coarse, whomever they are about.
COARSE = (
    "bekloppt",
    "bescheuert",
    "ficken",
    "hirnlos",
    "hirnverbrannt",
    "saubloed",
    "saudumm",
    "scheiss",
    "strohdumm",
    "strunzdumm",
    "verarsch",
    "verbloed",
    "verfickt",
)
ENDINGS = ("", "innen", "en", "er", "es", "in", "e", "n", "s")
NAMES = {"depp", "penner", "trottel"}  # after a first name or Frau, Herr, Familie
LONGEST = 40

_BY_LENGTH: dict[int, list[str]] = defaultdict(list)
for each in sorted(WORDS.union(HEADS)):
    _BY_LENGTH[len(each)].append(each)

_WORD = re.compile(r"[^\W_]+(?:[*#$_]{1,9}[^\W_]+)*")
_GENDER = re.compile(r"[*_]in(?:nen)?$")
_NAMED = re.compile(r"\b(?:Johnny|Amber|Herrn?|Frau|Familie)\s{1,3}$")
_FOLD = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "0": "o", "1": "i", "$": "*", "#": "*", "_": "*"})

_ADJECTIVE = r"(?:[^\W\d_]{3,20}e[nrs]?\s{1,3})?"
_STUPID = r"(?:dumm|blöd|bloed|dämlich|daemlich|faul|mies|verlogen)e[mnrs]?"
_DIRTY = r"(?:dreckig|elend|verdammt|verfickt)e[mnrs]?"
_PIGS = r"sau|säue|saeue|schweine?|pack|bande|brut|sack|säcke|saecke|arsch|ärsche|aersche|kerle?|spinner"
_PEOPLE = (
    r"hunde?|kuh|kühe|kuehe|ziegen?|gans|gänse|affen?|esel|ratten?|zecken?|weib|weiber|leute|menschen|politiker"
    r"|autofahrer|radfahrer|beamten?|volk|tussi|nuss"
)
_YOU_ARE = (
    r"(?:du\s{1,3}bist|bist\s{1,3}du|ihr\s{1,3}seid|seid\s{1,3}ihr|(?-i:Sie)\s{1,3}sind|sind\s{1,3}(?-i:Sie))"
)
_HOW = r"(?:\s{1,3}(?:doch|echt|einfach|ja|nur|so|total|völlig|wirklich|zu|alle|eigentlich|wohl|selbst)){0,3}"
_FOOLISH = r"(?:dumm|blöd|bloed|doof|bescheuert|bekloppt|dämlich|hirnlos|verlogen)"
_PHRASE = re.compile(
    "|".join(
        rf"\b(?:{phrase})\b"
        for phrase in (
            rf"du\s{{1,3}}{_ADJECTIVE}(?:sau|schwein|hund|kuh|ziege|gans|affe|esel|ratte|zecke|arsch|clown)(?!\s+gehabt)",
            rf"ihr\s{{1,3}}{_ADJECTIVE}(?:säue|saeue|schweine|affen|ratten|zecken|ärsche|aersche|clowns|pack)",
            rf"{_STUPID}\s{{1,3}}(?:{_PIGS}|{_PEOPLE})",
            rf"{_DIRTY}\s{{1,3}}(?:{_PIGS})",
            rf"{_YOU_ARE}{_HOW}\s{{1,3}}{_FOOLISH}",
            rf"(?:wie|so)\s{{1,3}}{_FOOLISH}\s{{1,3}}(?:bist\s{{1,3}}du|seid\s{{1,3}}ihr|sind\s{{1,3}}sie)",
            r"(?:seid\s{1,3}ihr|bist\s{1,3}du|sind\s{1,3}sie)\s{1,3}(?:eigentlich\s{1,3})?noch\s{1,3}(?:ganz\s{1,3}dicht|bei\s{1,3}trost)",
            r"(?:dieses|solches|solch|asoziales|linkes|rechtes|grünes)\s{1,3}(?-i:Pack)",
            r"drecks[- ]?(?:ausländer|autofahrer|bullen|deutsche|juden|moslems|politiker|radfahrer|türken)",
            r"halt(?:et|en\s{1,3}sie|['’]?s)?\s{1,3}(?:(?:doch|endlich|einfach|mal|die|das|ihr|ihre|dein|deine|eure|euer)\s{1,3}){0,3}(?:fresse|schnauze|maul)",
            r"leckt?\s{1,3}(?:mich|uns)(?:\s{1,3}(?:doch|mal|alle)){0,2}\s{1,3}am\s{1,3}arsch",
            r"(?:verpiss|fick)(?:t|en)?\s{1,3}(?:dich|euch|sie\s{1,3}sich|deine\s{1,3}mutter)",
            r"(?:du|ihr|der|die|dieser|solche|so\s{1,3}ein)\s{1,3}(?-i:Schwachsinniger?|Geistesgestörter?|Geisteskranker?|Hirnamputierter?)",
        )
    ),
    re.IGNORECASE,
)


def found(text: str) -> Iterator[Found]:
    """Where an insult ("") or a coarse word stands: the words, then the phrases."""
    for word in _WORD.finditer(text):
        folded = _folded(word)
        if _insults(folded, word):
            yield "", word.span()
        elif folded.startswith(COARSE):
            yield "coarse", word.span()
    yield from (("", phrase.span()) for phrase in _PHRASE.finditer(text))


def _folded(word: re.Match[str]) -> str:
    if not 4 <= word.end() - word.start() <= LONGEST:
        return ""
    return _GENDER.sub("", word.group()).casefold().translate(_FOLD)


def _insults(folded: str, word: re.Match[str]) -> bool:
    if folded in NAMES and _NAMED.search(word.string, max(0, word.start() - 12), word.start()):
        return False
    stems = [folded.removesuffix(ending) for ending in ENDINGS if folded.endswith(ending)]
    return any(_masked(stem) if "*" in stem else _listed(stem) for stem in stems if stem)


def _listed(stem: str) -> bool:
    if stem in WORDS or stem.endswith(HEADS):
        return True
    return any(stem.startswith(before) and stem.removeprefix(before) in WORDS for before in BEFORE)


def _masked(stem: str) -> bool:
    """Whether letters with a star for each of the others are one of the words: Arschl*ch."""
    if stem[0] == "*" or stem.count("*") * 2 > len(stem):
        return False
    return any(
        all(seen in ("*", letter) for seen, letter in zip(stem, word, strict=True))
        for word in _BY_LENGTH[len(stem)]
    )
