"""The city's answers stand where people look: under the contribution, at the point, at the consultation."""

from datetime import timedelta

import pytest

from consultations.tables import Response
from dialogue.kit import clock

REASONS = "Der Satz steht jetzt in der Fassung 1.1."


@pytest.fixture
async def asked(make):
    """A point of an ended consultation with one contribution, and how to answer it."""
    now, today = clock.now(), clock.today()
    thread = await make.thread(opens_at=now - timedelta(9), closes_at=now - timedelta(1))
    consultation = await make.consultation(
        starts_on=today - timedelta(9), ends_on=today - timedelta(2), published_at=now - timedelta(9)
    )
    point = await make.point(consultation, thread=thread)
    comment = await make.comment(thread)
    answer = {"comment_id": comment.id, "point_id": point.id, "outcome": "adopted", "reasons": REASONS}
    pages = [
        f"/beitraege/{comment.number}",
        f"/punkte/{point.code}",
        f"/beteiligung/{consultation.slug}",
        "/",
    ]

    async def answered(**values):
        await make.row(Response, **(answer | {"before": "", "after": ""} | values))

    return answered, pages, comment


async def test_an_answer_stands_on_all_pages_of_its_contribution(asked, browser):
    answered, pages, _ = asked
    await answered(published_at=clock.now())

    assert [REASONS in (await browser.get(page)).words() for page in pages] == [True] * 4


@pytest.mark.parametrize("published_at", [None, clock.now() + timedelta(1)])
async def test_an_answer_that_is_not_public_stands_nowhere(asked, browser, published_at):
    answered, pages, _ = asked
    await answered(published_at=published_at)

    assert [REASONS in (await browser.get(page)).text for page in pages] == [False] * 4


async def test_an_answer_goes_with_its_contribution(asked, browser, owner):
    answered, pages, comment = asked
    await answered(published_at=clock.now())
    await owner.execute("UPDATE comments SET status = 'hidden' WHERE id = $1", comment.id)

    assert [REASONS in (await browser.get(page)).text for page in pages] == [False] * 4
