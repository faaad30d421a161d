"""Sentiment by textblob-de: what the word list finds in a text, with path and version; internal so far.

Cut-offs belong to the blob path (design: analysis, section 1): polarity <= -0.05 negative, >= 0.62
positive; "none" means that no word of the list occurred. Never shown per person.
"""

import unicodedata
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple

from anyio import to_thread
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from consultations import calendar
from consultations.tables import Point, Sentiment
from dialogue import comments
from dialogue.kit.database import Database
from dialogue.tables import Comment

PATH = "textblob-de blob"
VERSION = "0.4.3/2"
NEGATIVE, POSITIVE = -0.05, 0.62
CAP = 5_000


@dataclass(frozen=True)
class Reading:
    """One text's polarity in [-1, 1] (None: no word of the list) and its label."""

    polarity: float | None
    label: str


class _Score(NamedTuple):
    polarity: float
    subjectivity: float
    words: int


@cache
def _tools() -> tuple[Any, Any]:
    """TextBlobDE, and an analyzer that also tells how many words of the list it met."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from textblob_de import PatternAnalyzer, TextBlobDE  # noqa: PLC0415 - half a second
        from textblob_de.sentiments import pattern_sentiment  # noqa: PLC0415 - the same

    class Analyzer(PatternAnalyzer):  # type: ignore[misc]
        def analyze(self, text: str) -> _Score:
            score = pattern_sentiment(self._lemmatize(text))
            return _Score(score[0], score[1], len(score.assessments))

    return TextBlobDE, Analyzer()


def read(text: str) -> Reading:
    """Polarity and label of one text; pure and slow (about 5 ms), so off the event loop.

    The blob takes the mean of its sentences and drops what the analyzer met: so does this, but keeps it.
    """
    blob_class, analyzer = _tools()
    blob = blob_class(
        unicodedata.normalize("NFC", text)[:CAP], tokenizer=analyzer.tokenizer, analyzer=analyzer
    )
    scores = [sentence.sentiment for sentence in blob.sentences]
    if not any(score.words for score in scores):
        return Reading(None, "none")
    polarity = sum(score.polarity for score in scores) / len(scores)
    return Reading(polarity, label(polarity))


def label(polarity: float) -> str:
    if polarity <= NEGATIVE:
        return "negative"
    return "positive" if polarity >= POSITIVE else "neutral"


async def score_comment(database: Database, comment_id: int) -> None:
    """Read one published comment and store the result; nothing when it is no longer public."""
    async with database.reading() as db:
        query = select(Comment.text).where(Comment.id == comment_id, comments.visible_to(comments.INSIDE))
        text = (await db.execute(query)).scalar()
    if text is None:
        return
    reading = await to_thread.run_sync(read, text)
    values = {
        "version": VERSION,
        "digest": sha256(text.encode()).digest(),
        "polarity": reading.polarity,
        "label": reading.label,
    }
    async with database.writing() as db:
        store = insert(Sentiment).values(comment_id=comment_id, path=PATH, **values)
        await db.execute(store.on_conflict_do_update(index_elements=["comment_id", "path"], set_=values))


async def unread(database: Database, consultation_id: int) -> list[int]:
    """Published comments of a consultation that this path and version has not read as they stand now."""
    threads = select(Point.thread_id).where(Point.consultation_id == consultation_id)
    done = select(Sentiment.comment_id).where(
        Sentiment.comment_id == Comment.id,
        Sentiment.path == PATH,
        Sentiment.version == VERSION,
        Sentiment.digest == func.sha256(func.convert_to(Comment.text, "UTF8")),
    )
    query = select(Comment.id).where(
        Comment.thread_id.in_(threads), comments.visible_to(comments.INSIDE), ~done.exists()
    )
    async with database.reading() as db:
        return list((await db.execute(query.order_by(Comment.id))).scalars())


async def score_all(database: Database, slug: str, say: Callable[[str], None]) -> dict[str, int]:
    """Read what is unread of one consultation; returns the counts by label."""
    async with database.reading() as db:
        entry = await calendar.by_slug(db, slug)
    waiting = await unread(database, entry.id)
    for done, comment_id in enumerate(waiting, 1):
        await score_comment(database, comment_id)
        if done % 200 == 0:
            say(f"{done} von {len(waiting)} Beiträgen gelesen")
    counts = select(Sentiment.label, func.count()).join(Comment, Comment.id == Sentiment.comment_id)
    inside = Comment.thread_id.in_(select(Point.thread_id).where(Point.consultation_id == entry.id))
    async with database.reading() as db:
        rows = await db.execute(
            counts.where(inside, comments.visible_to(comments.INSIDE)).group_by(Sentiment.label)
        )
        return {row[0]: row[1] for row in rows}
