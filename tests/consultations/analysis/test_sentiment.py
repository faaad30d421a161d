"""The machine's reading: textblob-de's own figures, and nothing said where it found nothing."""

import warnings
from importlib import import_module

import pytest
from sqlalchemy import select, update

from consultations.analysis import sentiment
from consultations.analysis.sentiment import Reading, read
from consultations.demo import load
from consultations.tables import Sentiment
from dialogue.tables import Comment


@pytest.mark.parametrize(
    "text", ["Das Rathaus steht.", "Ich bin dagegen.", "Der Skandal! Ein Erfolg?", "👍", "", "   \n"]
)
def test_a_text_without_a_word_of_the_list_gets_no_reading(text):
    assert read(text) == Reading(None, "none")


@pytest.mark.parametrize(
    ("text", "polarity", "label"),
    [
        ("Das ist gut.", 1.0, "positive"),
        ("Das ist nicht gut.", -0.5, "negative"),
        ("Das ist gut. Das Rathaus steht.", 0.5, "neutral"),
        ("Das ist gut. Das ist schlecht.", 0.0, "neutral"),
        ("Die Gefahr ist groß.", 0.7, "positive"),
        ("Scho\u0308n.", 1.0, "positive"),
    ],
)
def test_known_words_are_read_sentence_by_sentence(text, polarity, label):
    assert read(text) == Reading(pytest.approx(polarity), label)


def test_the_polarity_is_that_of_the_blob():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        textblob = import_module("textblob_de")
    texts = [comment["text"] for comment in load._read("contributions")["comment"]]
    tools = {"tokenizer": textblob.PatternTokenizer(), "analyzer": textblob.PatternAnalyzer()}

    told = [textblob.TextBlobDE(text[: sentiment.CAP], **tools).sentiment.polarity for text in texts]

    assert [read(text).polarity or 0.0 for text in texts] == told
    assert len([each for each in told if each]) > len(texts) / 2


@pytest.fixture
def stored(database):
    async def found():
        async with database.reading() as db:
            rows = await db.execute(
                select(Sentiment.comment_id, Sentiment.label).order_by(Sentiment.comment_id)
            )
            return [tuple(row) for row in rows]

    return found


async def test_what_is_unread_is_what_stands_there_now_and_is_public(make, database, stored):
    point = await make.point()
    good = await make.comment(point.thread, text="Das ist gut.")
    masked = await make.comment(point.thread, text="Das ist schlecht, sagt Frau Müller.")
    silent = await make.comment(point.thread, text="Das Rathaus steht.")
    await make.comment(point.thread, text="Wartet.", status="pending")

    counts = await sentiment.score_all(database, point.consultation.slug, lambda line: None)
    assert counts == {"positive": 1, "negative": 1, "none": 1}
    assert await sentiment.unread(database, point.consultation.id) == []
    async with database.writing() as db:
        await db.execute(
            update(Comment).where(Comment.id == masked.id).values(text="Das sagt Frau […] und fährt Müll.")
        )
    assert await sentiment.unread(database, point.consultation.id) == [masked.id]
    await sentiment.score_all(database, point.consultation.slug, lambda line: None)

    assert await stored() == [(good.id, "positive"), (masked.id, "none"), (silent.id, "none")]
    assert await sentiment.unread(database, point.consultation.id) == []


async def test_another_version_reads_everything_again(make, database, monkeypatch):
    point = await make.point()
    comment = await make.comment(point.thread)
    await sentiment.score_comment(database, comment.id)

    monkeypatch.setattr(sentiment, "VERSION", "0.4.3/3")

    assert await sentiment.unread(database, point.consultation.id) == [comment.id]
