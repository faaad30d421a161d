"""How urgent a contribution is by its signs: it orders the queue, for people only. Pure.

| Signs                                             | Urgency     |
| ------------------------------------------------- | ----------- |
| insult, personal data, or the learned order: hoch | 2 (hoch)    |
| any other sign                                    | 1 (mittel)  |
| none                                              | 0 (niedrig) |
"""

from collections.abc import Iterable, Mapping
from typing import Any

HIGH, MIDDLE = "hoch", "mittel"
GRAVE = frozenset({"insult", "personal"})


def urgency(signs: Iterable[Mapping[str, Any]]) -> int:
    """0, 1 or 2, by the gravest of the signs as they are stored."""
    return max((2 if _grave(sign) else 1 for sign in signs), default=0)


def _grave(sign: Mapping[str, Any]) -> bool:
    return sign["kind"] in GRAVE or sign.get("level") == HIGH
