"""An invented, running consultation of any size for load tests; the dice have a fixed seed."""

import random
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from operator import itemgetter
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from consultations.outcome import bulk
from consultations.outcome.frame import Frame, create, free_slug, phase
from dialogue import journal
from dialogue.kit import clock
from dialogue.kit.errors import Invalid
from dialogue.kit.messages import number
from dialogue.tables import Comment, Person, Vote
from moderation import rules
from moderation.tables import Rule, Rulebook

Say = Callable[[str], None]
SEED = 836
DAYS = 14  # it began so long ago and runs as long again
PASSED = 0.2
BATCH = 500_000  # votes sorted at once, about 100 MB
VOCABULARY = """
die der das ein eine und oder aber nicht auch nur noch schon immer mit ohne für gegen über durch wenn weil dass
Stadt Verwaltung Amt Bürger Menschen Kinder Ältere Schule Verkehr Ampel Bus Straße Daten Programm Computer Entscheidung
Antrag Bescheid Formular Sprache Text Frage Antwort Fehler Kontrolle Beschwerde Kosten Zeit Vertrauen Regel Gesetz
soll muss darf kann will braucht hilft prüft entscheidet erklärt zeigt kostet spart dauert bleibt gehört
künstliche Intelligenz sicher einfach verständlich offen schnell gerecht teuer nützlich gefährlich freiwillig
"""
WORDS = VOCABULARY.split()


async def load(db: AsyncConnection, *, people: int, comments: int, votes: int, say: Say) -> str:
    """Store so many people, comments and votes (distinct pairs) and return the slug.

    Raises Invalid when there are more votes than pairs, or nobody who could write.
    """
    if min(people, comments) < 1 or not 0 <= votes <= people * comments:
        raise Invalid(
            "Es braucht mindestens eine Person und einen Beitrag, und je Person und Beitrag höchstens eine Stimme."
        )
    rng = random.Random(SEED)
    await bulk.alone(db)
    await _rules(db)
    slug = await free_slug(db, "lasttest")
    thread_id = await create(db, slug, _frame(people, comments, votes))
    now = clock.now()
    voters = await bulk.ids(db, Person, people)
    await bulk.copy(
        db,
        Person,
        ["id", "source", "external", "created_at"],
        ((person_id, "import", f"synth:{slug}:{n}", now) for n, person_id in enumerate(voters)),
    )
    say(f"Personen: {number(people)}")
    said = await _comments(db, rng, thread_id, voters, comments)
    say(f"Beiträge: {number(comments)}")
    columns = ["comment_id", "person_id", "value", "source", "cast_at"]
    await bulk.copy(db, Vote, columns, _told(say, _sorted(_votes(rng, voters, said, votes, now))))
    say(f"Stimmen: {number(votes)}")
    counts = {"people": people, "comments": comments, "votes": votes}
    await journal.record(db, "consultation.invented", f"consultation:{slug}", **counts)
    return slug


async def _rules(db: AsyncConnection) -> None:
    """Invented rules where there are none: nothing runs without."""
    if (await rules.current(db)).book is not None:
        return
    book = {"version": "0", "title": "Netiquette (erfunden)", "intro": "Nur für Lasttests."}
    book_id = (await db.execute(insert(Rulebook).values(**book).returning(Rulebook.id))).scalar_one()
    texts = {"title": "Respekt", "text": "Bleiben Sie freundlich.", "easy": "Seien Sie nett."}
    reason = "Ihr Beitrag ist nicht freundlich. Bitte schreiben Sie ihn noch einmal."
    await db.execute(insert(Rule).values(rulebook_id=book_id, number=1, reason=reason, **texts))


def _frame(people: int, comments: int, votes: int) -> Frame:
    first, last = (clock.today() + timedelta(days=days) for days in (-DAYS, DAYS))
    return Frame(
        title=f"Lasttest: {number(people)} Personen, {number(comments)} Beiträge, {number(votes)} Stimmen",
        lead="Erfundene Beiträge und Stimmen, um die Plattform zu belasten.",
        about="Niemand hat das geschrieben: Ein Programm hat die Wörter gewürfelt.",
        first=first,
        last=last,
        checks_first=False,
        letter="L",
        question="Was hält die Plattform aus?",
        rationale="Ein Dialog mit vielen Menschen soll so schnell sein wie einer mit wenigen.",
        phases=(phase("participation", "Mitreden", "Erfundene Beiträge.", first, last),),
        attribution="Erfundene Daten",
    )


async def _comments(
    db: AsyncConnection, rng: random.Random, thread_id: int, authors: list[int], count: int
) -> list[tuple[int, datetime]]:
    """Comments in the order of time, every fifth a reply to an earlier one; returns ids and moments."""
    start = clock.span(clock.today() - timedelta(days=DAYS), clock.today())[0]
    step = (clock.now() - start) / count
    said = [(key, start + step * place) for place, key in enumerate(await bulk.ids(db, Comment, count))]
    numbers = await bulk.numbers(db, count)

    def rows() -> Iterator[tuple[Any, ...]]:
        for place, (key, at) in enumerate(said):
            above = rng.randrange(place) if place % 5 == 4 else None
            parent = None if above is None else said[above - (above % 5 == 4)][0]
            author = authors[rng.randrange(len(authors))]
            fixed = key, numbers[place], thread_id, parent, author
            yield *fixed, "import", _text(rng), "published", at, at

    columns = ["id", "number", "thread_id", "parent_id", "author_id", "source", "text", "status"]
    await bulk.copy(db, Comment, [*columns, "created_at", "published_at"], rows())
    return said


def _text(rng: random.Random) -> str:
    """Some sentences; half of the texts are shorter than 100 letters, one in twenty is longer than 270."""
    wanted, parts, size = min(1500, int(rng.lognormvariate(4.6, 0.6))), [], 0
    while size < wanted:
        sentence = " ".join(rng.choices(WORDS, k=rng.randint(4, 14))) + "."
        parts.append(sentence[0].upper() + sentence[1:])
        size += len(sentence) + 1
    return " ".join(parts)


def _votes(
    rng: random.Random, voters: list[int], said: list[tuple[int, datetime]], count: int, now: datetime
) -> Iterator[tuple[int, int, int, str, datetime]]:
    """Comment by comment; two camps of people that each comment divides anew."""
    each, more = divmod(count, len(said))
    for place, (comment_id, at) in enumerate(said):
        agrees, left = (rng.random(), rng.random()), now - at
        for person_id in rng.sample(voters, each + (place < more)):
            dice = rng.random()
            yes = agrees[person_id % 2] * (1 - PASSED)
            value = 1 if dice < yes else 0 if dice < yes + PASSED else -1
            yield comment_id, person_id, value, "import", at + left * rng.random()


def _sorted(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """Large batches in the order of people: in any other, each row touches another page of their index."""
    rows = iter(rows)
    while batch := list(islice(rows, BATCH)):
        yield from sorted(batch, key=itemgetter(1))


def _told(say: Say, rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    for done, row in enumerate(rows, 1):
        yield row
        if done % 1_000_000 == 0:
            say(f"Stimmen: {number(done)} …")
