"""Roles and access: each route names one; deny is the default."""

from dataclasses import dataclass
from typing import Protocol

from dialogue.kit.errors import Forbidden, SignInNeeded

STAFF = frozenset({"moderator", "editor", "panelist", "committee", "admin"})


class Holder(Protocol):
    """Whoever asks: a person with a set of roles."""

    @property
    def roles(self) -> frozenset[str]: ...


@dataclass(frozen=True)
class Access:
    """Who may use a route: everyone, people signed in, or people with one of the roles."""

    name: str
    people_only: bool = True
    roles: frozenset[str] = frozenset()

    def admit(self, person: Holder | None) -> None:
        """Raise SignInNeeded or Forbidden unless the person may pass."""
        if not self.people_only:
            return
        if person is None:
            raise SignInNeeded
        if self.roles and not self.roles & person.roles:
            raise Forbidden(
                "Dieser Bereich ist für andere Aufgaben vorgesehen. Ihr Konto ist dafür nicht freigeschaltet."
            )


EVERYONE = Access("everyone", people_only=False)
PEOPLE = Access("people")
# People, and guests where the thread lets them: which it is, the route finds out (pages/guests.py).
VOICES = Access("voices", people_only=False)
MODERATORS = Access("moderators", roles=frozenset({"moderator"}))
EDITORS = Access("editors", roles=frozenset({"editor"}))
PANEL = Access("panel", roles=frozenset({"panelist"}))
COMMITTEE = Access("committee", roles=frozenset({"committee"}))
ADMINS = Access("admins", roles=frozenset({"admin"}))
READERS = Access("readers of results", roles=frozenset({"panelist", "committee", "editor", "moderator"}))
