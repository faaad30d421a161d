"""Proof of work: a riddle of ours, solved in time, taken once."""

import base64
import json
from datetime import timedelta

import altcha
import pytest
from sqlalchemy import select

from dialogue import proof
from dialogue.kit import clock
from dialogue.proof import Unproved
from dialogue.tables import Challenge

KEY, OTHER = b"a key of this city", b"a key of another city"


@pytest.fixture(autouse=True)
def easy(monkeypatch):
    monkeypatch.setattr(proof, "COST", 1)


def solved(key=KEY, **changes):
    """What a device sends that has solved a riddle."""
    riddle = altcha.Challenge.from_dict(proof.challenge(key))
    for name, value in changes.items():
        setattr(riddle.parameters, name, value)
    return altcha.Payload(riddle, altcha.solve_challenge(riddle)).to_base64()


async def takes(database, *sent):
    """What is said to each; "" where it was taken."""
    said = []
    for each in sent:
        try:
            async with database.writing() as db:
                await proof.take(db, KEY, each)
            said.append("")
        except Unproved as no:
            said.append(no.text)
    return said


def test_a_riddle_takes_a_few_hundred_tries():
    counters = [
        altcha.solve_challenge(altcha.Challenge.from_dict(proof.challenge(KEY))).counter for _ in range(20)
    ]

    assert min(counters) >= proof.FEWEST
    assert max(counters) <= proof.MOST
    assert len(set(counters)) > 1


async def test_a_solution_is_taken_once(database):
    sent = solved()

    first, second = await takes(database, sent, sent)

    assert first == ""
    assert second.startswith("Die kurze Rechenaufgabe wurde schon für einen anderen Beitrag gelöst.")


async def test_a_riddle_of_somebody_else_or_an_easier_one_proves_nothing(database):
    later = int((clock.now() + timedelta(days=9)).timestamp())

    said = await takes(database, solved(OTHER), solved(key_prefix="00"), solved(expires_at=later))

    assert said == [Unproved.text] * 3


async def test_one_that_has_expired_says_so(database, monkeypatch):
    monkeypatch.setattr(proof, "LIFE", timedelta(seconds=-5))

    (said,) = await takes(database, solved())

    assert said.startswith("Das Formular war länger als eine Stunde offen.")


def packed(value):
    return base64.b64encode(json.dumps(value).encode()).decode()


async def test_whatever_else_comes_proves_nothing(database):
    good = json.loads(base64.b64decode(solved()))
    odd = [None, [], "x", 1, {}, {"challenge": None}, {"challenge": [], "solution": {}}]
    odd += [good | {"solution": each} for each in (None, "x", {"counter": "1", "derivedKey": 7}, {})]
    odd += [
        good | {"challenge": good["challenge"] | {"parameters": each}} for each in (None, [], {"nonce": 1})
    ]
    deep = good["challenge"]["parameters"] | {"data": {"__proto__": [[[]]]}}
    odd += [good | {"challenge": good["challenge"] | {"parameters": deep, "signature": 5}}]
    sent = ["x", "\x00", "ä", "=", "A" * 100_000, solved()[:-9], *map(packed, odd)]

    assert await takes(database, *sent) == [Unproved.text] * len(sent)


async def test_what_was_used_is_forgotten_when_it_could_not_be_used_again(database, owner):
    await takes(database, solved(), solved())
    await owner.execute(
        "UPDATE challenges SET expires_at = now() - interval '1 s' WHERE digest IN (SELECT digest FROM challenges LIMIT 1)"
    )

    async with database.writing() as db:
        await proof.sweep(db)
        left = (await db.execute(select(Challenge.digest))).all()

    assert len(left) == 1
