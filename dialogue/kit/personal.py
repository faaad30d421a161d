"""What a column holds about people: the annotation from which erasure, copy and retention derive."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Personal:
    """Why a column about a person exists, on which legal basis, and for how long.

    `on_erasure`: what happens to the value when the person's account is erased.
    """

    purpose: str
    basis: str
    keep: str
    on_erasure: str


CONTRACT = "Art. 6 Abs. 1 lit. e DSGVO, § 4 DSAG LSA (Beteiligung als öffentliche Aufgabe)"
CONSENT = "Art. 6 Abs. 1 lit. a DSGVO (Einwilligung, freiwillige Angabe)"
DUTY = "Art. 6 Abs. 1 lit. c DSGVO (Nachweis der Moderation, Art. 17 und 20 DSA)"


def personal(purpose: str, *, basis: str = CONTRACT, keep: str, on_erasure: str = "delete") -> dict[str, Any]:
    """`info` of a column that holds something about a person."""
    return {"personal": Personal(purpose, basis, keep, on_erasure)}


IMPERSONAL: dict[str, Any] = {"personal": None}
