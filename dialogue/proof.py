"""Proof of work (ALTCHA): a riddle that a device solves in about a second before a guest's contribution is taken.

Nothing of a riddle is stored before it is solved: it is signed, ends after an hour, and is taken once.
"""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import altcha
from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue.kit import clock, tokens
from dialogue.kit.errors import Invalid
from dialogue.tables import Challenge

ALGORITHM = "PBKDF2/SHA-256"
# Tries until the solution, each of so many rounds of SHA-256 (docs/decisions/0015: measured).
COST, FEWEST, MOST = 5_000, 400, 600
LIFE = timedelta(hours=1)
LONGEST = 4_000  # characters of a solution


class Unproved(Invalid):
    """What came with the form proves nothing."""

    text = (
        "Die kurze Rechenaufgabe ist nicht gelöst. Ihr Text ist noch da: Bitte senden Sie ihn noch einmal ab."
    )


def _keys(key: bytes) -> tuple[bytes, bytes]:
    """What signs a riddle, and its solution."""
    return tokens.keyed(key, "challenge"), tokens.keyed(key, "challenge", "solution")


def challenge(key: bytes) -> dict[str, Any]:
    """A new riddle as the widget reads it."""
    own, solution = _keys(key)
    made = altcha.create_challenge(
        ALGORITHM,
        COST,
        counter=FEWEST + secrets.randbelow(MOST - FEWEST + 1),
        expires_at=clock.now() + LIFE,
        hmac_secret=own,
        hmac_key_secret=solution,
    )
    return made.to_dict()


def checked(key: bytes, sent: str) -> altcha.Challenge:
    """The riddle of ours that was solved in time, else Unproved."""
    own, solution = _keys(key)
    try:
        payload = altcha.Payload.from_base64(sent[:LONGEST])
        found = altcha.verify_solution(payload, own, hmac_key_secret=solution)
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
        raise Unproved from None
    if found.expired:
        raise Unproved(
            "Das Formular war länger als eine Stunde offen. Ihr Text ist noch da: Bitte senden Sie ihn noch einmal ab."
        )
    if not found.verified:
        raise Unproved
    return payload.challenge


async def take(db: AsyncConnection, key: bytes, sent: str) -> None:
    """Take a solution, once; else Unproved."""
    solved = checked(key, sent)
    used = insert(Challenge).values(
        digest=tokens.digest(str(solved.signature)),
        expires_at=datetime.fromtimestamp(solved.parameters.expires_at or 0, UTC),
    )
    taken = used.on_conflict_do_nothing().returning(Challenge.digest)
    if (await db.execute(taken)).first() is None:
        raise Unproved(
            "Die kurze Rechenaufgabe wurde schon für einen anderen Beitrag gelöst. Ihr Text ist noch da: Bitte senden "
            "Sie ihn noch einmal ab."
        )


async def sweep(db: AsyncConnection) -> None:
    """Forget solutions of riddles that have expired."""
    await db.execute(delete(Challenge).where(Challenge.expires_at < func.now()))
