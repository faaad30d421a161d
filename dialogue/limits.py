"""Limits that hold over all workers and restarts: counted in rows, keyed by a hash."""

from dataclasses import dataclass

from sqlalchemy import bindparam, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue.kit.errors import TooMany
from dialogue.tables import Attempt


@dataclass(frozen=True)
class Limit:
    """At most `count` within `seconds`; `text` is the German sentence for the one over it."""

    name: str
    count: int
    seconds: int
    text: str


SIGN_IN_ACCOUNT = Limit(
    "sign_in_account",
    10,
    900,
    "Für dieses Konto gab es zu viele Versuche. Bitte warten Sie eine Viertelstunde.",
)
SIGN_IN_ADDRESS = Limit(
    "sign_in_address",
    50,
    900,
    "Von diesem Anschluss gab es zu viele Versuche. Bitte warten Sie eine Viertelstunde.",
)
REGISTER_ADDRESS = Limit(
    "register_address",
    20,
    3600,
    "Von diesem Anschluss wurden viele Konten angelegt. Bitte versuchen Sie es in einer Stunde noch einmal.",
)
MAIL_ADDRESS = Limit(
    "mail_address",
    20,
    3600,
    "Von diesem Anschluss wurden viele E-Mails angefordert. Bitte versuchen Sie es in einer Stunde noch einmal.",
)
RECEIPT_ADDRESS = Limit(
    "receipt_address",
    50,
    900,
    "Von diesem Anschluss wurden viele Beitragsnummern probiert. Bitte warten Sie eine Viertelstunde.",
)
GUESTS_ADDRESS = Limit(
    "guests_address",
    20,
    3600,
    "Von diesem Anschluss haben gerade viele Menschen ohne Konto angefangen. Bitte warten Sie eine Stunde, "
    "oder melden Sie sich an.",
)
UNPROVED_ADDRESS = Limit(
    "unproved_address",
    3,
    3600,
    "Ohne JavaScript und ohne Konto sind von einem Anschluss drei Beiträge in der Stunde möglich. Bitte warten Sie "
    "eine Stunde, oder melden Sie sich an.",
)
UNPROVED_ALL = Limit(
    "unproved_all",
    60,
    3600,
    "Gerade schreiben sehr viele Menschen ohne Konto und ohne JavaScript. Bitte versuchen Sie es später noch einmal, "
    "oder melden Sie sich an.",
)
MAIL = Limit(
    "mail",
    5,
    3600,
    "An diese Adresse gingen schon fünf E-Mails. Bitte schauen Sie ins Postfach oder warten Sie eine Stunde.",
)
REPORT_PERSON = Limit(
    "report_person",
    20,
    86400,
    "Sie haben in den letzten 24 Stunden schon zwanzig Beiträge gemeldet. Bitte melden Sie Weiteres morgen.",
)
REPORT_ADDRESS = Limit(
    "report_address",
    20,
    86400,
    "Von diesem Anschluss wurden in den letzten 24 Stunden schon zwanzig Beiträge gemeldet. "
    "Bitte melden Sie Weiteres morgen.",
)

_LOCK = select(func.pg_advisory_xact_lock(func.hashtextextended(func.encode(bindparam("key"), "hex"), 0)))
_COUNT = select(func.count()).where(
    Attempt.limit == bindparam("limit"),
    Attempt.key == bindparam("key"),
    Attempt.at > func.now() - func.make_interval(0, 0, 0, 0, 0, 0, bindparam("seconds")),
)
_ADD = insert(Attempt).values(limit=bindparam("limit"), key=bindparam("key"))


async def look(db: AsyncConnection, limit: Limit, key: bytes) -> None:
    """Raise TooMany when no attempt is left; counts nothing and waits for nobody."""
    values = {"limit": limit.name, "key": key, "seconds": limit.seconds}
    if (await db.execute(_COUNT, values)).scalar_one() >= limit.count:
        raise TooMany(limit.text, seconds=limit.seconds)


async def take(db: AsyncConnection, limit: Limit, key: bytes) -> None:
    """Count one attempt, or raise TooMany. Parallel attempts of one key wait for each other until the commit."""
    await db.execute(_LOCK, {"key": key})
    await look(db, limit, key)
    await db.execute(_ADD, {"limit": limit.name, "key": key})


async def sweep(db: AsyncConnection) -> None:
    """Forget attempts older than a day."""
    await db.execute(delete(Attempt).where(Attempt.at < func.now() - func.make_interval(0, 0, 0, 1)))
