"""What a moderator asks the queue for; it stands in the address and nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dialogue.kit.errors import NotFound

KINDS = ("wartend", "gemeldet", "zurueckgestellt", "beschwerden", "stichprobe")
AGES = (24, 72, 168)  # hours


@dataclass(frozen=True)
class Asked:
    """A kind of what asks for a decision, what narrows it, and its order."""

    kind: str = KINDS[0]
    thread: int = 0
    section: str = ""
    hours: int = 0  # waiting longer than that
    mine: bool = False  # only what one has taken
    longest: bool = False  # longest waiting first, whatever its urgency

    @classmethod
    def read(cls, given: Mapping[str, str]) -> "Asked":
        """From an address; NotFound for what no page of ours writes."""
        kind, section = given.get("zeige", KINDS[0]), given.get("feld", "")
        thread, hours = given.get("punkt", ""), given.get("alter", "")
        mine, order = given.get("bei", ""), given.get("ordnung", "")
        right = (
            kind in KINDS
            and (thread == "" or (thread.isascii() and thread.isdigit() and len(thread) <= 18))
            and hours in {"", *map(str, AGES)}
            and mine in {"", "mir"}
            and order in {"", "dauer"}
            and "\x00" not in section
        )
        if not right:
            raise NotFound
        return cls(kind, int(thread or 0), section[:200], int(hours or 0), mine == "mir", order == "dauer")

    @property
    def fields(self) -> dict[str, str]:
        """What `read` reads, as far as it differs from what one sees first."""
        said = {
            "zeige": self.kind if self.kind != KINDS[0] else "",
            "punkt": str(self.thread or ""),
            "feld": self.section,
            "alter": str(self.hours or ""),
            "bei": "mir" if self.mine else "",
            "ordnung": "dauer" if self.longest else "",
        }
        return {name: value for name, value in said.items() if value}

    @property
    def is_narrow(self) -> bool:
        """Whether less is shown than all of its kind."""
        return bool(self.thread or self.section or self.hours or self.mine)

    def of(self, kind: str) -> "Asked":
        return replace(self, kind=kind)
