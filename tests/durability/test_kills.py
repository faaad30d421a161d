"""kill -9 of web server and database under load: nothing acknowledged is lost or doubled."""

import asyncio
import itertools
import os
import signal
from collections import Counter
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlalchemy import func, select

from dialogue import journal
from dialogue.tables import Comment, JournalEntry, Vote
from moderation import intake
from moderation.tables import Decision
from tests.durability.conftest import Crowd, Installation, crowd

KILLS, PEOPLE, COMMENTS = 5, 40, 60
CHOICES = (("agree", 1), ("pass", 0), ("disagree", -1))


class Load:
    """Writes without pause until it is ended, and remembers only what was acknowledged.

    A failed request is sent again.
    """

    def __init__(self, installation: Installation, group: Crowd) -> None:
        self.installation, self.group, self.ended = installation, group, asyncio.Event()
        self.acknowledged = 0
        self.votes: dict[tuple[int, int], int] = {}
        self.comments: set[UUID] = set()
        self.tried: set[UUID] = set()

    async def run(self) -> None:
        await asyncio.gather(*(self._person(n, *person) for n, person in enumerate(self.group.people)))

    async def going_on(self) -> None:
        """Wait until everyone may have written once more and some time has passed: a kill has to hit something."""
        enough = self.acknowledged + len(self.group.people)
        async with asyncio.timeout(20):
            await asyncio.sleep(0.5)
            while True:
                if self.acknowledged >= enough:
                    return
                await asyncio.sleep(0.01)

    async def _person(self, n: int, person_id: int, token: str) -> None:
        headers = {"origin": self.installation.origin, "cookie": f"session={token}", "hx-request": "true"}
        async with httpx2.AsyncClient(
            base_url=self.installation.origin, headers=headers, timeout=15
        ) as client:
            for turn in itertools.count():
                if self.ended.is_set():
                    return
                again, place = divmod(turn + n, len(self.group.comments))
                comment = self.group.comments[place]
                choice, value = CHOICES[(place + again) % 3]
                await self._until_acknowledged(
                    client, f"/beitraege/{comment.number}/stimme", {"vote": choice}
                )
                self.votes[comment.id, person_id] = value
                if turn % 12 == 0 and turn < 100:
                    form = {"text": f"Beitrag {n} {turn}", "once": str(uuid4()), "action": "send"}
                    once = intake.key(UUID(form["once"]), form["text"])
                    self.tried.add(once)
                    await self._until_acknowledged(client, f"/faden/{self.group.thread_id}/schreiben", form)
                    self.comments.add(once)
                await asyncio.sleep(0.05)

    async def _until_acknowledged(self, client: httpx2.AsyncClient, path: str, form: dict[str, str]) -> None:
        while True:
            try:
                answer = await client.post(path, data=form)
            except httpx2.TransportError:
                await asyncio.sleep(0.1)
                continue
            if answer.status_code == 200:
                self.acknowledged += 1
                return
            assert answer.status_code == 503, (answer.status_code, answer.text[:200])
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("victim", ["web", "database"])
async def test_nothing_acknowledged_is_lost_or_doubled(installation, victim):
    group = await crowd(installation, PEOPLE, COMMENTS)
    load = Load(installation, group)
    working = asyncio.create_task(load.run())

    for _ in range(KILLS):
        await load.going_on()
        assert not working.done()
        if victim == "web":
            installation.kill_web()
            installation.start()
        else:
            installation.kill_database()
        await installation.answering(seconds=15)
    load.ended.set()
    await working

    votes, made = await _stored(installation, group)
    assert len(load.votes) > PEOPLE
    assert {key: votes.get(key) for key in load.votes} == load.votes
    assert {once for once in load.comments if made[once] != 1} == set()
    assert {once: n for once, n in made.items() if n > 1} == {}
    assert set(made) - load.tried == set()


async def test_a_worker_killed_while_it_reads_publishes_each_contribution_once(installation):
    group = await crowd(installation, 8, 0)
    wanted = len(group.people) * 8
    await _written(installation, group, 8)

    for kill in range(2):  # each is waited for: the lease
        worker = installation.worker()
        await _published(installation, group, (kill + 1) * wanted // 4)
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
    last = installation.worker()
    await _published(installation, group, wanted)
    last.send_signal(signal.SIGTERM)
    last.wait(20)

    database = installation.database()
    async with database.snapshot() as db:
        here = Comment.thread_id == group.thread_id
        rows = (
            await db.execute(select(Comment.id, Comment.number, Comment.status, Comment.revision).where(here))
        ).all()
        of_these = Decision.comment_id.in_([row.id for row in rows])
        made = list(
            (await db.execute(select(Decision.comment_id).where(of_these, Decision.automated))).scalars()
        )
        subjects = [f"comment:{row.number}" for row in rows]
        told = JournalEntry.subject.in_(subjects)
        entries = list((await db.execute(select(JournalEntry.subject).where(told))).scalars())
        verdict = await journal.verify(db)
    await database.close()
    assert {(row.status, row.revision) for row in rows} == {("published", 2)}
    assert (len(rows), sorted(made), sorted(entries)) == (
        wanted,
        sorted(row.id for row in rows),
        sorted(subjects),
    )
    assert verdict.broken is None


async def _written(installation, group, each):
    """So many contributions of each person, through the web server."""
    headers = {"origin": installation.origin}
    async with httpx2.AsyncClient(base_url=installation.origin, headers=headers, timeout=15) as client:
        for (n, (_, token)), turn in itertools.product(enumerate(group.people), range(each)):
            form = {"text": f"Beitrag {n} {turn}", "once": str(uuid4()), "action": "send"}
            path, cookie = f"/faden/{group.thread_id}/schreiben", {"cookie": f"session={token}"}
            assert (await client.post(path, data=form, headers=cookie)).status_code == 200


async def _published(installation, group, wanted):
    """Wait until so many contributions are public; what a killed worker held comes back after its lease."""
    database = installation.database()
    query = select(func.count()).where(Comment.thread_id == group.thread_id, Comment.status == "published")
    async with asyncio.timeout(90):
        while True:
            async with database.reading() as db:
                if (await db.execute(query)).scalar_one() >= wanted:
                    break
            await asyncio.sleep(0.02)
    await database.close()


async def _stored(installation, group):
    database = installation.database()
    ids = {comment.id for comment in group.comments}
    async with database.reading() as db:
        rows = await db.execute(
            select(Vote.comment_id, Vote.person_id, Vote.value).where(Vote.comment_id.in_(ids))
        )
        votes = {(row.comment_id, row.person_id): row.value for row in rows}
        inside = Comment.thread_id == group.thread_id
        made = Counter(
            (await db.execute(select(Comment.once).where(inside, Comment.id.not_in(ids)))).scalars()
        )
    await database.close()
    return votes, made
