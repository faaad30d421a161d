"""Blacking out: every occurrence goes, nothing else does, and the original is kept for an appeal only."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from dialogue.kit import clock
from dialogue.kit.errors import Conflict, Invalid
from moderation import masking
from moderation.tables import Appeal, Original
from tests.moderation.test_schema import decided


@pytest.mark.parametrize(
    ("text", "spans", "masked"),
    [
        ("Rufen Sie 0345 1234567 an.", [(10, 22)], "Rufen Sie [geschwärzt] an."),
        ("a b c", [(4, 5), (0, 1)], "[geschwärzt] b [geschwärzt]"),
        ("abcdef", [(0, 3), (2, 5)], "[geschwärzt]f"),
        ("abcdef", [(1, 5), (2, 3)], "a[geschwärzt]f"),
        ("abc", [], "abc"),
    ],
)
def test_spans_are_blacked_out_once_each(text, spans, masked):
    assert masking.blacked(text, spans) == masked


@pytest.mark.parametrize(
    ("places", "masked"),
    [
        ("Müller", "Frau [geschwärzt] aus der Allee 3, [geschwärzt]!"),
        ("Allee 3\n\n  Müller ", "Frau [geschwärzt] aus der [geschwärzt], [geschwärzt]!"),
        ("Mu\u0308ller", "Frau [geschwärzt] aus der Allee 3, [geschwärzt]!"),
        ("Frau Müller\nMüller", "[geschwärzt] aus der Allee 3, [geschwärzt]!"),
        ("geschwärzt\nMüller", None),
    ],
)
def test_every_occurrence_of_the_named_places_goes(places, masked):
    text = "Frau Müller aus der Allee 3, Müller!"
    if masked is None:
        with pytest.raises(Invalid, match="„geschwärzt“ steht so nicht im Beitrag"):
            masking.blacked_out(text, places)
    else:
        assert masking.blacked_out(text, places) == masked


def test_without_a_place_nothing_is_masked():
    with pytest.raises(Invalid, match="Bitte nennen Sie die Stellen"):
        masking.blacked_out("Text", " \n ")


async def put_aside(make, text, days):
    comment = await make.comment(text="[geschwärzt]")
    about = await decided(make, comment, "publish_masked")
    masked_at = clock.now() - timedelta(days=days)
    await make.row(Original, decision_id=about, comment_id=comment.id, text=text, masked_at=masked_at)
    return comment, about


async def test_originals_are_forgotten_when_no_appeal_can_come_any_more(make, database):
    await put_aside(make, "lange vorbei", 185)
    await put_aside(make, "noch nicht", 183)
    contested, about = await put_aside(make, "umstritten", 400)
    await make.row(Appeal, decision_id=about, comment_id=contested.id, text="Das war nötig.")

    async with database.writing() as db:
        await masking.sweep(db)

    async with database.reading() as db:
        left = (await db.execute(select(Original.text).order_by(Original.text))).scalars().all()
    assert left == ["noch nicht", "umstritten"]


async def test_the_first_original_is_the_one_that_is_shown_again(make, database):
    comment, _ = await put_aside(make, "Frau Müller, Allee 3", 1)
    again = await decided(make, comment, "publish_masked", revision=2)
    async with database.writing() as db:
        await db.execute(
            insert(Original).values(decision_id=again, comment_id=comment.id, text="[geschwärzt], Allee 3")
        )

    async with database.writing() as db:
        assert await masking.taken_back(db, comment.id) == "Frau Müller, Allee 3"
    async with database.writing() as db:
        with pytest.raises(Conflict, match="nicht mehr da"):
            await masking.taken_back(db, comment.id)
