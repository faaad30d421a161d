"""The city as pages and mails show it now: its file, and what admins changed, kept by each process."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from consultations import accent, appearance
from consultations.city import City, Contact
from dialogue.kit.database import Database

SECONDS = 2  # between two looks: with the longest patience for one, every process knows within five
PATIENCE = 3
CITY = ("name", "platform", "claim", "question", "intro", "accent")
CONTACT = ("office", "address", "mail", "phone")


class Logo:
    """A logo as templates use it."""

    def __init__(self, digest: str, kind: str, width: int, height: int) -> None:
        self.digest, self.width, self.height = digest, width, height
        self.address = f"/erscheinungsbild/{digest}.{kind}"


class Shown(City):
    """The city's file with what admins changed."""

    model_config = {"arbitrary_types_allowed": True}

    logo: Logo | None = None
    languages: tuple[str, ...] = ("de",)
    stylesheet: str = ""


def shown(file: City, look: Mapping[str, Any], logo: Logo | None) -> Shown:
    """The file's city as a look changes it; what is None stays."""
    values = dict(file) | {name: look[name] for name in CITY if look[name] is not None}
    changed = {name: look[name] for name in CONTACT if look[name] is not None}
    values["contact"] = Contact.model_construct(**(dict(file.contact) | changed))
    values["stylesheet"] = accent.address(values["accent"]) if values["accent"] else ""
    return Shown.model_construct(**values, logo=logo, languages=tuple(look["languages"]))


class Town:
    """The city to every template and job: one object that stays, whose attributes follow the newest look.

    Nobody waits for it and no request asks the database: each process looks up every two seconds
    (docs/decisions/0012). While the database is away the last look stays.
    """

    def __init__(self, file: City) -> None:
        self.file = file
        self.version = 0
        self._shown = shown(file, appearance.AS_IN_FILE, None)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._shown, name)

    def take(self, row: Any) -> None:
        """Show a row of appearances, or the file alone when there is none."""
        version = row.id if row else 0
        if version == self.version:
            return
        look = row._mapping if row else appearance.AS_IN_FILE
        logo = Logo(row.logo, row.kind, row.width, row.height) if row and row.logo else None
        self._shown, self.version = shown(self.file, look, logo), version

    async def look(self, database: Database) -> None:
        """Ask once; a database that does not answer changes nothing, and requests will say that it is away."""
        with suppress(OSError, TimeoutError, SQLAlchemyError):
            async with asyncio.timeout(PATIENCE), database.reading() as db:
                self.take(await appearance.newest(db))

    async def follow(self, database: Database) -> None:
        """Keep looking until cancelled."""
        while True:
            await self.look(database)
            await asyncio.sleep(SECONDS)
