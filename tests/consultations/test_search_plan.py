"""What the database does for a search: its words are looked up in the index, whatever is searched for."""

from contextlib import suppress
from itertools import product

import pytest
from sqlalchemy import text

from consultations import search
from dialogue.kit.errors import NotFound
from dialogue.search import understand

MANY = """
INSERT INTO comments (number, thread_id, source, text, status, published_at)
SELECT 'X' || n, :thread, 'import', 'Die Stadt ' || md5(n::text) || CASE WHEN n % 3 = 0 THEN ' Fernwärme' ELSE '' END,
    'published', now() FROM generate_series(1, 20000) AS n
"""


@pytest.fixture
async def many(make, database, owner):
    point = await make.point()
    async with database.writing() as db:
        await db.execute(text(MANY.replace("n::text", r"n\:\:text")), {"thread": point.thread.id})
    await owner.execute("ANALYZE")
    return point


SCANS = """
SELECT pg_stat_get_xact_numscans('comment_words'::regclass), pg_stat_get_xact_numscans('comments'::regclass),
    pg_stat_get_xact_numscans('ix_comment_words_words'::regclass)
""".replace("::", r"\:\:")


CASES = list(
    product(
        ("Fernwärme", "Stadt", "Fern", "Fernwärme Stadt", "nirgends"),
        ("any", "answered", "changed"),
        (False, True),
        ("", "1000000.4000.15000"),
    )
)


async def test_the_index_answers_frequent_words_and_rare_ones(many, database):
    looked = {}
    for case in CASES:
        typed, answer, placed, cursor = case
        async with database.writing() as db:
            before = (await db.execute(text(SCANS))).one()
            asked, filters = await understand(db, typed), search.Filters(kind="comments", answer=answer)
            with suppress(NotFound):
                await search.find(db, asked, filters, [many.thread.id] if placed else None, cursor)
            after = (await db.execute(text(SCANS))).one()
            looked[case] = tuple(now - then for now, then in zip(after, before, strict=True))

    assert {case: found[:2] for case, found in looked.items()} == dict.fromkeys(CASES, (0, 0))
    assert {found[2] for (_, answer, *_), found in looked.items() if answer == "any"} == {1}


async def test_of_very_many_hits_the_newest_thousand_are_put_in_order(many, browser):
    page = await browser.get("/suche?q=Fernwärme")

    assert page.words("#beitraege") == "Über 1 000 Beiträge"
    assert "Sie sehen die 1 000 neuesten davon." in page.words()
    assert len(page.select(".hit")) == 20
