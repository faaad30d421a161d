"""Made texts for the learned order: the words are mild and invented, real insults stay outside the project."""

from itertools import product

from moderation.triage.training import Examples

WHO = ("Sie", "Ihr da", "Du", "Die im Ratshof", "Der da", "Die Planer", "Ihr alle", "Sie dort")
NAMES = (
    "Pappnase",
    "Schnarchnase",
    "Quatschkopf",
    "Knallfrosch",
    "Witzfigur",
    "Nulpe",
    "Pfeife",
    "Flachzange",
)
PLACES = (
    "Ratshof",
    "Zoo",
    "Park",
    "Markt",
    "Bahnhof",
    "Hallenbad",
    "Museum",
    "Bürgerbüro",
    "Stadion",
    "Hafen",
)
WISHES = (
    "Am {} fehlt eine Bank im Schatten.",
    "Bitte stellen Sie am {} einen zweiten Fahrradständer auf. Danke für die Mühe!",
    "Am {} wartet man lange auf eine Antwort. Ein Formular im Netz wäre schneller.",
    "Die Anzeige am {} ist schwer zu lesen, besonders abends.",
    "Ich fände es gut, wenn am {} stünde, welche Daten gespeichert werden.",
    "Am {} könnte ein Mensch ans Telefon gehen; die Maschine versteht mich nicht.",
)
SAID = "Der Plan ist gut. Sie dort sind eine {}, immer schon. Am Zoo fehlt noch Schatten."


def striking() -> list[str]:
    return [f"{who} sind eine {name}, immer schon." for who, name in product(WHO, NAMES)]


def plain() -> list[str]:
    return [f"{who} waren heute am {place}, wie immer." for who, place in product(WHO, PLACES)]


def harmless() -> list[str]:
    return [wish.format(place) for wish, place in product(WISHES, PLACES)]


def examples() -> Examples:
    """Enough to train on: 64 striking, 80 plain, and 120 harmless texts of two processes."""
    more = [text.replace("Am ", "Beim ").replace("am ", "beim ") for text in harmless()]
    return Examples(striking(), plain(), {"Mobilität": harmless(), "Daten": more})
