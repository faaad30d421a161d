"""Twenty parallel votes, equal, conflicting and taken back, on two workers: the totals equal the model."""

import asyncio
import random

import httpx2
from sqlalchemy import select

from dialogue.tables import Vote
from tests.durability.conftest import crowd

ROUNDS, PARALLEL, PEOPLE = 50, 20, 8
VALUES = {"agree": 1, "pass": 0, "disagree": -1}


async def test_parallel_votes_equal_the_model(installation):
    group = await crowd(installation, PEOPLE, 2)
    rng = random.Random(50)
    headers = {"origin": installation.origin}
    model: dict[tuple[int, int], set[int | None]] = {}

    async with httpx2.AsyncClient(base_url=installation.origin, headers=headers, timeout=30) as client:

        async def send(person: tuple[int, str], number: str, choice: str) -> int:
            path = f"/beitraege/{number}/stimme" + ("/zuruecknehmen" if choice == "back" else "")
            form = {} if choice == "back" else {"vote": choice}
            sent = {"cookie": f"session={person[1]}", "hx-request": "true"}
            return (await client.post(path, data=form, headers=sent)).status_code

        for _ in range(ROUNDS):
            wishes = [
                (
                    rng.choice(group.people),
                    rng.choice(group.comments),
                    rng.choice(["agree", "pass", "disagree", "back"]),
                )
                for _ in range(PARALLEL)
            ]
            answers = await asyncio.gather(*(send(who, what.number, choice) for who, what, choice in wishes))
            assert answers == [200] * PARALLEL
            # Within a round any order is right; what was said before the round no longer counts.
            said: dict[tuple[int, int], set[int | None]] = {}
            for who, what, choice in wishes:
                said.setdefault((what.id, who[0]), set()).add(VALUES.get(choice))
            model |= said
            stored = await _stored(installation, group)
            assert {key for key in stored if key not in model} == set()
            assert [key for key, allowed in model.items() if stored.get(key) not in allowed] == []
            model |= {key: {stored.get(key)} for key in model}

        shown = [await _shown(client, group.people[0], comment.number) for comment in group.comments]
    stored = await _stored(installation, group)
    assert shown == [_tally(stored, comment.id) for comment in group.comments]


async def test_equal_votes_of_twenty_people_all_count(installation):
    group = await crowd(installation, PARALLEL, 1)
    number = group.comments[0].number
    headers = {"origin": installation.origin, "hx-request": "true"}

    async with httpx2.AsyncClient(base_url=installation.origin, headers=headers, timeout=30) as client:
        sent = [
            client.post(
                f"/beitraege/{number}/stimme", data={"vote": "agree"}, headers={"cookie": f"session={token}"}
            )
            for _, token in group.people
            for _ in range(3)
        ]
        answers = await asyncio.gather(*sent)

    assert {answer.status_code for answer in answers} == {200}
    assert sorted((await _stored(installation, group)).values()) == [1] * PARALLEL


async def _stored(installation, group):
    database = installation.database()
    ids = [comment.id for comment in group.comments]
    async with database.reading() as db:
        rows = await db.execute(
            select(Vote.comment_id, Vote.person_id, Vote.value).where(Vote.comment_id.in_(ids))
        )
        found = {(row.comment_id, row.person_id): row.value for row in rows}
    await database.close()
    return found


async def _shown(client, person, number):
    """What the page says after one more vote of this person, which the model then holds, too."""
    headers = {"cookie": f"session={person[1]}", "hx-request": "true"}
    answer = await client.post(f"/beitraege/{number}/stimme", data={"vote": "agree"}, headers=headers)
    return int(answer.text.rpartition('"tally__n">')[2].partition("&nbsp;")[0])


def _tally(stored, comment_id):
    return sum(1 for (found, _) in stored if found == comment_id)
