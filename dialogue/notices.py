"""Which mails go to whom: templates in templates/mail, rendered when the job runs, never queued."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue import accounts
from dialogue.tables import Person

PLAIN = ("blocked", "unblocked", "deputy", "notice_received", "notice_outcome", "appeal_received")
LINKS = {
    "confirm": ("confirm", "/konto/bestaetigen"),
    "reset": ("reset", "/konto/passwort"),
    "invite": ("invite", "/konto/passwort"),
    "already_registered": ("reset", "/konto/passwort"),
}


async def recipient(db: AsyncConnection, person_id: int) -> Any:
    """Who gets the mail; None when the account is gone."""
    return (
        await db.execute(
            select(
                Person.id,
                Person.source,
                Person.email,
                Person.pseudonym,
                Person.blocked_until,
                Person.blocked_why,
            ).where(Person.id == person_id)
        )
    ).first()


def holds(template: str, person: Any) -> bool:
    """Whether a mail still says what is so: who is free again is not told of a block."""
    return template != "blocked" or person.blocked_until is not None


async def link(db: AsyncConnection, template: str, person_id: int, origin: str) -> str:
    """The one-time address for a mail that carries one, else the origin."""
    if template not in LINKS:
        return origin
    purpose, address = LINKS[template]
    return f"{origin}{address}?schluessel={await accounts.new_link(db, person_id, purpose)}"
