"""The guard: who writes hears of personal data before everybody can read it, and decides."""

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from dialogue.kit.text import normalise
from moderation import masking
from moderation.triage import marks, signs
from moderation.triage.signs import Sign


@dataclass(frozen=True)
class Seen:
    """A text that holds personal data, as it would be stored, and what looks like it."""

    text: str
    signs: list[Sign]

    @cached_property
    def digest(self) -> str:
        """By this a form remembers that its writer was told of this very text."""
        return digest(self.text)

    @property
    def pieces(self) -> list[marks.Piece]:
        return marks.pieces(self.text, [sign.stored() for sign in self.signs])


def seen(text: str) -> Seen | None:
    """What there is to tell about a text, None for nothing."""
    text = normalise(text)
    found = signs.personal_data(text)
    return Seen(text, found) if found else None


def digest(text: str) -> str:
    return sha256(normalise(text).encode()).hexdigest()


def blacked(text: str) -> str:
    """The text without what looks like personal data; found again until nothing is left."""
    while found := seen(text):
        text = masking.blacked(found.text, [span for sign in found.signs for span in sign.spans])
    return text
