"""Figures of moderation: each counted by itself, per place and in all, and none of what does not belong there."""

from datetime import timedelta
from uuid import uuid4

import pytest

from dialogue.kit import clock
from dialogue.kit.messages import lasting
from moderation import catalogue, figures
from moderation.tables import Appeal, Audit, Decision, Flag
from tests.house.test_budgets import counted

REASONS = "Eine Begründung, die lang genug ist."


@pytest.fixture
def decided(make):
    """A decision about a comment, so many hours after it came in."""

    async def made(comment, kind="publish", hours=1.0, **values):
        origin = values.get("origin", "own")
        person = None if origin in {"triage", "import"} else uuid4()
        defaults = {
            "revision": 1,
            "snapshot": b"",
            "decision": kind,
            "reasons": REASONS,
            "actor_id": person,
            "origin": "own",
            "automated": origin == "triage",
            "decided_at": comment.created_at + timedelta(hours=hours),
        }
        return await make.row(Decision, comment_id=comment.id, **(defaults | values))

    return made


@pytest.fixture
def flag(make):
    async def made(comment, decision=None):
        settled = {"decision_id": decision.id, "settled_at": clock.now()} if decision else {}
        fixed = {"number": uuid4().hex, "key": uuid4().bytes, "once": uuid4(), "secret_hash": b"x"}
        words = {"category": "insult", "text": "Bitte ansehen."}
        return await make.row(Flag, comment_id=comment.id, **fixed, **words, **settled)

    return made


async def count(database, *places):
    async with database.reading() as db:
        return await figures.count(db, places)


async def one(database, thread):
    return (await count(database, (1, (thread.id,))))[1]


def shown(found, group):
    return {line.key: line.value for line in catalogue.groups(found)[group]}


async def test_what_came_in_is_counted_whatever_became_of_it_and_imports_apart(make, database):
    thread = await make.thread()
    for status in ("pending", "published", "rejected", "hidden", "withdrawn"):
        await make.comment(thread, status=status)
    await make.comment(thread, example=True)
    await make.comment(thread, source="import")
    await make.comment()

    assert shown(await one(database, thread), "in") == {
        "received": 6,
        "examples": 1,
        "imported": 1,
        "decisions": 0,
    }


async def test_decisions_are_counted_by_kind_origin_and_rule_but_not_those_that_came_along(
    make, database, decided, flag
):
    thread = await make.thread()
    rule, other = await make.rule(number=3, title="Ohne Namen"), await make.rule(number=7)
    comments = [await make.comment(thread) for _ in range(6)]
    notice = await flag(comments[2])
    await decided(comments[0])
    await decided(comments[1], "reject", rule_id=rule.id)
    await decided(comments[2], "hide", rule_id=rule.id, origin="notice", notice_id=notice.id)
    await decided(comments[3], "hide", rule_id=other.id, origin="audit")
    await decided(comments[4], origin="triage")
    await decided(comments[5], "reject", origin="import")
    closed = {"thread_id": thread.id, "comment_id": None, "revision": None, "rule_id": rule.id}
    await make.row(
        Decision,
        **closed,
        snapshot=b"",
        decision="close_thread",
        reasons=REASONS,
        actor_id=uuid4(),
        origin="own",
    )

    found = await one(database, thread)

    assert found.kinds == {"publish": 1, "reject": 1, "hide": 2, "close_thread": 1}
    assert found.origins == {"own": 3, "notice": 1, "audit": 1}
    assert [(each.number, each.title, each.decisions) for each in found.rules] == [
        (3, "Ohne Namen", 3),
        (7, "Respekt", 1),
    ]


async def test_the_time_runs_to_the_first_decision_where_a_person_made_it(make, database, decided):
    thread = await make.thread()
    for hours in (1, 2, 3, 4, 10):
        comment = await make.comment(thread)
        await decided(comment, hours=hours)
        await decided(comment, "keep", hours=500, revision=2, origin="audit")
    passed = await make.comment(thread)
    await decided(passed, hours=0, origin="triage")
    await decided(passed, "keep", hours=900, revision=2, origin="audit")
    imported = await make.comment(thread, source="import")
    await decided(imported, hours=900)

    wait = (await one(database, thread)).wait

    assert (wait.n, wait.median / 3600, round(wait.ninth / 3600, 2)) == (5, 3, 7.6)


@pytest.mark.parametrize("hours", [(1,), (1, 2), (0, 0, 0, 7), (1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89)])
async def test_middle_and_nine_of_ten_are_those_of_the_database(make, database, decided, owner, hours):
    thread = await make.thread()
    for each in hours:
        await decided(await make.comment(thread), hours=each)

    wait = (await one(database, thread)).wait

    theirs = await owner.fetchval(
        "SELECT percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY each) FROM unnest($1::int[]) AS each",
        [each * 3600 for each in hours],
    )
    assert [round(wait.median), round(wait.ninth)] == [round(each) for each in theirs]


async def test_what_triage_let_pass_and_what_it_held(make, database, decided):
    later, first = await make.thread(checks_first=False), await make.thread()
    for thread, passes in ((later, 3), (first, 0)):
        for n in range(5):
            comment = await make.comment(thread, signs=[] if n < passes else [{"kind": "insult"}])
            if n < passes:
                await decided(comment, origin="triage")
    await make.comment(later, source="import")

    found = await count(database, (1, (later.id, first.id)))

    assert shown(found[1], "triage") == {"passed": 3, "held": 2}
    assert [(line.key, line.n) for line in catalogue.groups(found[1])["triage"]] == [
        ("passed", 10),
        ("held", 5),
    ]


async def test_notices_appeals_and_the_audit_are_counted_with_what_came_of_them(
    make, database, decided, flag
):
    thread, rule = await make.thread(), await make.rule()
    hidden, kept, waits = [await make.comment(thread) for _ in range(3)]
    notices = [await flag(comment) for comment in (hidden, kept, waits)]
    hide = await decided(hidden, "hide", rule_id=rule.id, origin="notice", notice_id=notices[0].id)
    keep = await decided(kept, "keep", origin="notice", notice_id=notices[1].id)
    for decision, comment in ((hide, hidden), (keep, kept)):
        await flag(comment, decision)
    appeal = await make.row(
        Appeal, decision_id=hide.id, comment_id=hidden.id, text="Das war nicht so gemeint."
    )
    back = await decided(hidden, "restore", revision=2, origin="appeal", appeal_id=appeal.id)
    other = await decided(waits, "reject", rule_id=rule.id)
    await make.row(Appeal, decision_id=other.id, comment_id=waits.id, text="Warum?")
    await make.row(
        Appeal,
        decision_id=keep.id,
        comment_id=kept.id,
        text="Und hier?",
        answer_id=back.id,
        settled_at=clock.now(),
    )
    for comment, decision in ((hidden, hide), (kept, keep), (waits, None)):
        settled = {"decision_id": decision.id, "settled_at": clock.now()} if decision else {}
        await make.row(Audit, comment_id=comment.id, drawn_on=clock.today(), **settled)

    found = await one(database, thread)

    assert shown(found, "notices") == {"notices": 5, "notices_answered": 2, "notices_followed": 1}
    assert shown(found, "appeals") == {"appeals": 2 + 1, "appeals_answered": 1, "appeals_upheld": 1}
    assert shown(found, "audits") == {"drawn": 3, "read": 2, "read_against": 1}


async def test_each_place_has_its_own_figures_and_all_of_them_together_theirs(make, database, decided):
    here, there, elsewhere = [await make.thread() for _ in range(3)]
    for thread, hours in ((here, (1, 2, 3)), (there, (100,)), (elsewhere, (5,))):
        for each in hours:
            await decided(await make.comment(thread), hours=each)

    found = await count(database, (1, (here.id,)), (2, (there.id,)))

    read = {place: (each.counts["received"], each.wait.median / 3600) for place, each in found.items()}
    assert read == {1: (3, 2), 2: (1, 100), None: (4, 2.5)}


async def test_without_anything_there_are_zeros(database):
    found = (await count(database))[None]

    assert {line.value for group in catalogue.groups(found).values() for line in group} == {0, None}


async def test_however_many_there_are_the_statements_stay_the_same(make, database, decided):
    async def needed(places):
        async with database.reading() as db:
            with counted(database) as statements:
                await figures.count(db, places)
        return len(statements)

    thread = await make.thread()
    few = await needed(((1, (thread.id,)),))
    rule = await make.rule()
    places = [(0, (thread.id,))]
    for n in range(5):
        other = await make.thread()
        places.append((n + 1, (other.id,)))
        for _ in range(5):
            await decided(await make.comment(other), "reject", rule_id=rule.id)

    assert (few, await needed(tuple(places))) == (6, 7)


@pytest.mark.parametrize(
    ("value", "n", "percent", "few"),
    [(5, 19, None, True), (5, 20, 25, False), (1, 3, None, True), (0, 40, 0, False), (7, None, None, False)],
)
def test_of_fewer_than_twenty_there_is_no_share(value, n, percent, few):
    line = catalogue.Line("x", "X", value, n)

    assert (line.percent, line.too_few) == (percent, few)


@pytest.mark.parametrize(("n", "hours"), [(19, None), (20, 1.5)])
def test_of_fewer_than_twenty_there_is_no_time(n, hours):
    assert catalogue.Line("median", "M", 5400, n, is_time=True).hours == hours


def test_every_figure_says_what_it_means():
    lines = [line for group in catalogue.groups(figures.Figures()).values() for line in group]

    assert [line.key for line in lines if line.key not in catalogue.MEANINGS] == []


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "unter einer Minute"),
        (59, "unter einer Minute"),
        (60, "1 Minute"),
        (1500, "25 Minuten"),
        (3600, "1 Stunde"),
        (5000, "1 Stunde"),
        (86400, "24 Stunden"),
        (2 * 86400, "2 Tage"),
        (9.6 * 86400, "10 Tage"),
    ],
)
def test_how_long_something_took_is_said_in_words(seconds, said):
    assert lasting(seconds) == said
