"""Guests vote and answer where the thread lets them: counted apart from the official votes, everywhere."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, update

from dialogue import stances, votes
from dialogue.kit import clock
from dialogue.kit.errors import SignInNeeded
from dialogue.tables import Person, Stance, Vote
from dialogue.votes import Tally

HTMX = {"hx-request": "true"}
BESIDE = "100 % Zustimmung 0 % neutral 0 % Ablehnung 2 Stimmen dazu 1 Stimme ohne Konto"


@pytest.fixture
async def comment(make):
    return await make.comment(await make.thread(guests_vote=True, address="/punkte/E2"))


def stimme(comment, more=""):
    return f"/beitraege/{comment.number}/stimme{more}"


async def cast(database):
    async with database.reading() as db:
        return [
            tuple(row) for row in await db.execute(select(Vote.value, Vote.source).order_by(Vote.cast_at))
        ]


async def people(database):
    async with database.reading() as db:
        return (await db.execute(select(func.count()).select_from(Person))).scalar_one()


async def test_a_first_vote_makes_a_guest_and_the_next_ones_are_theirs(browser, make, database, comment):
    before = await people(database)

    first = await browser.post(stimme(comment), vote="agree", headers=HTMX)
    second = await browser.post(stimme(comment), vote="disagree", headers=HTMX)

    assert first.headers["set-cookie"].startswith("session=")
    assert "set-cookie" not in second.headers
    assert second.one("[aria-pressed=true]")["value"] == "disagree"
    assert await cast(database) == [(-1, "guest")]
    assert await people(database) == before + 1


async def test_votes_of_guests_stand_beside_the_tally(browser, make, comment):
    for _ in range(2):
        await make.vote(comment)

    page = await browser.post(stimme(comment), vote="disagree", headers=HTMX)

    assert page.words(".tally__text") == BESIDE


async def test_the_official_tally_is_the_same_before_and_after_guests_voted(
    browser, new_browser, make, comment
):
    await browser.sign_in(await make.citizen())
    await browser.post(stimme(comment), vote="agree")
    before = (await browser.get(f"/beitraege/{comment.number}")).words(".tally__text")
    for choice in ("disagree", "disagree", "pass"):
        await new_browser().post(stimme(comment), vote=choice)

    after = (await browser.get(f"/beitraege/{comment.number}")).words(".tally__text")

    assert before == "100 % Zustimmung 0 % neutral 0 % Ablehnung 1 Stimme"
    assert after == f"{before} dazu 3 Stimmen ohne Konto"


async def test_only_guests_voted(browser, comment):
    page = await browser.post(stimme(comment), vote="pass", headers=HTMX)

    assert page.words(".tally__text") == "0 Stimmen dazu 1 Stimme ohne Konto"
    assert page.select(".tally svg") == []


async def test_paper_stands_beside_as_well(make, database, comment):
    guest = await make.guest()
    for source in ("account", "import", "guest", "paper", "paper"):
        await make.vote(comment, source=source)
    await make.vote(comment, guest, source="guest")

    async with database.writing() as db:
        ballot = await votes.cast(db, guest.id, comment.number, 0)
        shown = await votes.ballots(db, guest.id, [comment.id], ended=False, sealed=False)

    assert (ballot.mine, ballot.tally) == (0, Tally(2, 0, 0, 2, 2))
    assert shown[comment.id].tally == ballot.tally


async def test_a_guest_sees_the_own_vote_and_its_tally_and_no_other(browser, make, comment):
    unvoted = await make.comment(thread_id=comment.thread_id)
    await make.vote(unvoted)
    await browser.post(stimme(comment), vote="agree")

    voted = await browser.get(f"/beitraege/{comment.number}")
    other = await browser.get(f"/beitraege/{unvoted.number}")

    assert voted.one("[aria-pressed=true]").text == "Stimme zu"
    assert voted.words(".tally__text") == "0 Stimmen dazu 1 Stimme ohne Konto"
    assert other.select("[aria-pressed=true], .tally") == []


async def test_a_guest_takes_a_vote_back(browser, database, comment):
    await browser.post(stimme(comment), vote="agree")

    page = await browser.post(stimme(comment, "/zuruecknehmen"), headers=HTMX)

    assert page.select("[aria-pressed=true]") == []
    assert await cast(database) == []


async def test_who_has_not_voted_takes_nothing_back(browser, comment):
    assert (await browser.post(stimme(comment, "/zuruecknehmen"))).status == 401


@pytest.mark.parametrize("known", [False, True])
async def test_where_guests_do_not_vote_they_are_asked_to_sign_in(browser, make, database, comment, known):
    if known:
        await browser.post(stimme(comment), vote="agree")
    other, before = await make.comment(await make.thread(guests_write=True)), await people(database)

    answers = [
        await browser.post(stimme(other), vote="agree", headers=HTMX),
        await browser.post(f"/faden/{other.thread_id}/haltung", stance="agree"),
    ]

    assert [answer.status for answer in answers] == [401, 401]
    assert answers[0].select("#refusal a")
    assert await cast(database) == [(1, "guest")] * known
    assert await people(database) == before


async def test_unknown_and_waiting_contributions_say_the_same_to_somebody_new(browser, make, comment):
    waits = await make.comment(thread_id=comment.thread_id, status="pending")

    answers = [
        await browser.post(f"/beitraege/{number}/stimme", vote="agree")
        for number in (waits.number, "ZZZ-ZZZ")
    ]

    assert [answer.status for answer in answers] == [401, 401]
    assert answers[0].words() == answers[1].words()


async def test_after_the_end_nobody_new_begins(browser, make, database):
    over = {"opens_at": clock.now() - timedelta(days=2), "closes_at": clock.now() - timedelta(days=1)}
    comment = await make.comment(await make.thread(guests_vote=True, **over))
    before = await people(database)

    page = await browser.post(stimme(comment), vote="agree")

    assert page.status == 409
    assert await people(database) == before


async def test_a_vote_that_is_none_makes_no_guest(browser, database, comment):
    before = await people(database)

    assert (await browser.post(stimme(comment), vote="vielleicht")).status == 422
    assert await people(database) == before


async def test_from_one_connection_twenty_begin_in_an_hour(new_browser, database, comment):
    for _ in range(20):
        assert (await new_browser().post(stimme(comment), vote="agree", headers=HTMX)).status == 200

    page = await new_browser().post(stimme(comment), vote="agree", headers=HTMX)

    assert (page.status, page.headers["retry-after"]) == (429, "3600")
    assert len(await cast(database)) == 20


async def test_whose_session_has_ended_signs_in_before_their_vote_counts(browser, database, comment):
    browser.client.cookies.set("session", "long-gone", domain="127.0.0.1")

    first = await browser.post(stimme(comment), vote="agree", headers=HTMX)
    second = await browser.post(stimme(comment), vote="agree", headers=HTMX)

    assert first.status == 401
    assert first.headers["set-cookie"].startswith('session=""')
    assert second.status == 200  # the cookie is gone by now: without an account, after all
    assert await cast(database) == [(1, "guest")]


async def test_a_guest_answers_the_point_apart_from_the_official_answers(browser, make, database):
    thread = await make.thread(guests_vote=True)
    await make.stance(thread, value=1)

    page = await browser.post(f"/faden/{thread.id}/haltung", stance="disagree", headers=HTMX)

    assert page.words(".tally__text") == (
        "100 % Zustimmung 0 % neutral 0 % Ablehnung 1 Antwort dazu 1 Stimme ohne Konto"
    )
    async with database.reading() as db:
        assert (await stances.standing(db, None, thread.id)).tally == Tally(1, 0, 0, 1)


async def test_a_guest_takes_the_answer_back(browser, make, database):
    thread = await make.thread(guests_vote=True)
    await browser.post(f"/faden/{thread.id}/haltung", stance="disagree")

    await browser.post(f"/faden/{thread.id}/haltung", stance="none")

    async with database.reading() as db:
        assert (await db.execute(select(Stance.value))).all() == []


async def test_guests_use_the_cards_where_they_vote(browser, make, database):
    consultation = await make.consultation(guests_vote=True)
    thread = await make.thread(guests_vote=True)
    await make.point(consultation, thread)
    comment = await make.comment(thread)
    address = f"/beteiligung/{consultation.slug}/karten"

    first = await browser.get(address)
    page = await browser.post(address, vote="agree", nummer=comment.number, karte=comment.id)

    assert (first.status, first.words(".deck__text")) == (200, comment.text)
    assert "0 Stimmen dazu 1 Stimme ohne Konto" in page.words(".deck__last")
    assert await cast(database) == [(1, "guest")]


async def test_where_they_do_not_vote_cards_and_unknown_consultations_say_the_same(browser, make):
    consultation = await make.consultation(guests_write=True)

    pages = [
        await browser.get(f"/beteiligung/{slug}/karten") for slug in (consultation.slug, "gibt-es-nicht")
    ]

    assert [page.status for page in pages] == [401, 401]


async def test_the_rule_holds_below_the_pages_as_well(make, database):
    guest, comment = await make.guest(), await make.comment()

    async with database.writing() as db:
        with pytest.raises(SignInNeeded):
            await votes.cast(db, guest.id, comment.number, 1)
        with pytest.raises(SignInNeeded):
            await stances.take(db, guest.id, comment.thread_id, 1)

    assert await cast(database) == []


# --- so many a minute -------------------------------------------------------------------------------


async def sixty(make, thread_id, person):
    for _ in range(60):
        await make.vote(await make.comment(thread_id=thread_id, author_id=person.id), person)


async def test_the_sixty_first_vote_in_a_minute_waits_and_nothing_is_lost(browser, make, database, comment):
    person = await make.citizen()
    await browser.sign_in(person)
    await sixty(make, comment.thread_id, person)

    page = await browser.post(stimme(comment), vote="disagree")

    assert (page.status, page.headers["retry-after"]) == (429, "60")
    assert (
        page.words("#refusal") == "Das waren 60 Stimmen in einer Minute. Bitte machen Sie eine kleine Pause."
    )
    assert page.form(stimme(comment)) == {"vote": "disagree"}
    assert len(await cast(database)) == 60

    async with database.writing() as db:
        await db.execute(update(Vote).values(cast_at=Vote.cast_at - timedelta(minutes=1)))
    assert (await browser.post(stimme(comment), vote="disagree", headers=HTMX)).status == 200


async def test_taking_back_is_always_possible(browser, make, database, comment):
    person = await make.citizen()
    await browser.sign_in(person)
    await sixty(make, comment.thread_id, person)
    await make.vote(comment, person)

    assert (await browser.post(stimme(comment, "/zuruecknehmen"), headers=HTMX)).status == 200
    assert len(await cast(database)) == 60


async def test_votes_of_others_do_not_count(browser, make, comment):
    await sixty(make, comment.thread_id, await make.citizen())
    await browser.sign_in(await make.citizen())

    assert (await browser.post(stimme(comment), vote="agree", headers=HTMX)).status == 200


async def test_a_closed_thread_says_so_also_to_somebody_who_votes_a_lot(browser, make, database, comment):
    person = await make.citizen()
    await browser.sign_in(person)
    await sixty(make, comment.thread_id, person)
    async with database.writing() as db:
        await db.execute(text("UPDATE threads SET closes_at = now()"))

    assert (await browser.post(stimme(comment), vote="agree")).status == 409
