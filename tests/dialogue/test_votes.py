"""Votes: one per person and comment."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from dialogue.kit import clock
from dialogue.tables import Vote

HTMX = {"hx-request": "true"}


async def votes(database):
    async with database.reading() as db:
        return [tuple(row) for row in await db.execute(select(Vote.comment_id, Vote.person_id, Vote.value))]


async def test_a_second_vote_replaces_the_first(browser, make, database):
    comment, citizen = await make.comment(), await make.citizen()
    await browser.sign_in(citizen)

    await browser.post(f"/beitraege/{comment.number}/stimme", vote="agree")
    page = await browser.post(f"/beitraege/{comment.number}/stimme", vote="disagree", headers=HTMX)

    assert page.one("[aria-pressed=true]")["value"] == "disagree"
    assert page.words(".tally__text") == "0 % Zustimmung 0 % neutral 100 % Ablehnung 1 Stimme"
    assert await votes(database) == [(comment.id, citizen.id, -1)]


async def test_without_javascript_a_vote_leads_back_to_the_comment(browser, make):
    thread = await make.thread(address="/punkte/E2")
    comment = await make.comment(thread)
    await browser.sign_in(await make.citizen())

    answer = await browser.post(f"/beitraege/{comment.number}/stimme", vote="pass", follow=False)

    assert (answer.status, answer.headers["location"]) == (303, f"/punkte/E2#b-{comment.number}")


async def test_taking_a_vote_back_twice_leaves_none(browser, make, database):
    comment, citizen = await make.comment(), await make.citizen()
    await make.vote(comment, citizen)
    await browser.sign_in(citizen)

    for _ in range(2):
        answer = await browser.post(f"/beitraege/{comment.number}/stimme/zuruecknehmen", headers=HTMX)

    assert answer.select("[aria-pressed=true]") == []
    assert await votes(database) == []


async def test_pressing_ones_own_vote_again_goes_to_the_address_that_takes_it_back(browser, make):
    comment = await make.comment()
    await browser.sign_in(await make.citizen())

    page = await browser.post(f"/beitraege/{comment.number}/stimme", vote="agree", headers=HTMX)

    assert (
        page.one("[aria-pressed=true]")["formaction"] == f"/beitraege/{comment.number}/stimme/zuruecknehmen"
    )


async def test_while_open_a_tally_is_shown_only_to_those_who_voted(new_browser, make):
    point = await make.point()
    comment = await make.comment(point.thread)
    await make.vote(comment, value=1)
    voter, onlooker = new_browser(), new_browser()
    await voter.sign_in(await make.citizen())
    await onlooker.sign_in(await make.citizen())
    await voter.post(f"/beitraege/{comment.number}/stimme", vote="disagree")

    seen = [
        (await who.get(f"/punkte/{point.code}")).words(".tally__text")
        for who in (voter, onlooker, new_browser())
    ]

    assert seen == ["50 % Zustimmung 0 % neutral 50 % Ablehnung 2 Stimmen", "", ""]


async def test_after_the_end_everyone_sees_the_tally(browser, make):
    today = clock.today()
    ended = await make.consultation(starts_on=today - timedelta(days=9), ends_on=today - timedelta(days=1))
    point = await make.point(ended)
    await make.vote(await make.comment(point.thread), value=0)

    page = await browser.get(f"/punkte/{point.code}")

    assert page.words(".tally__text") == "0 % Zustimmung 100 % neutral 0 % Ablehnung 1 Stimme"


async def test_before_the_seals_date_nobody_sees_a_tally(browser, make):
    today = clock.today()
    sealed = await make.consultation(
        starts_on=today - timedelta(days=9),
        ends_on=today - timedelta(days=1),
        sealed_until=clock.now() + timedelta(days=1),
    )
    point = await make.point(sealed)
    comment, citizen = await make.comment(point.thread), await make.citizen()
    await make.vote(comment, citizen)
    await make.stance(point.thread, citizen)
    await browser.sign_in(citizen)

    page = await browser.get(f"/punkte/{point.code}")

    assert page.select(".tally") == []
    assert "verdeckt" in page.words()


@pytest.mark.parametrize(("choice", "status"), [("maybe", 422), ("", 422), ("AGREE", 422)])
async def test_an_unknown_choice_is_refused(browser, make, database, choice, status):
    comment = await make.comment()
    await browser.sign_in(await make.citizen())

    page = await browser.post(f"/beitraege/{comment.number}/stimme", vote=choice)

    assert page.status == status
    assert await votes(database) == []


async def test_a_closed_thread_takes_no_votes(browser, make, database):
    now = clock.now()
    thread = await make.thread(opens_at=now - timedelta(days=9), closes_at=now - timedelta(days=1))
    comment = await make.comment(thread)
    await browser.sign_in(await make.citizen())

    page = await browser.post(f"/beitraege/{comment.number}/stimme", vote="agree")

    assert (page.status, page.words("h1")) == (409, "Diese Beteiligung ist beendet")
    assert await votes(database) == []


@pytest.mark.parametrize("status", ["pending", "rejected", "hidden", "withdrawn"])
async def test_what_is_not_public_cannot_be_voted_on(browser, make, database, status):
    comment = await make.comment(status=status)
    await browser.sign_in(await make.citizen())

    page = await browser.post(f"/beitraege/{comment.number}/stimme", vote="agree")

    assert page.status == 404
    assert await votes(database) == []


async def test_signed_out_a_vote_asks_to_sign_in_and_is_not_lost(browser, make, database):
    comment = await make.comment()

    page = await browser.post(f"/beitraege/{comment.number}/stimme", vote="agree")

    assert page.status == 401
    assert page.form("/konto/anmelden")["keep.vote"] == "agree"
    assert await votes(database) == []


async def test_a_vote_carries_the_source_of_the_person(browser, make, database):
    comment, citizen = await make.comment(), await make.citizen()
    await browser.sign_in(citizen)

    await browser.post(f"/beitraege/{comment.number}/stimme", vote="agree")

    async with database.reading() as db:
        assert list((await db.execute(select(Vote.source))).scalars()) == ["account"]
