"""Saving, publishing, restoring, discarding: nobody overwrites anybody, and nothing is lost."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from consultations import calendar
from consultations.editing import homes, items, points, rulebooks, versions, wordings
from consultations.editing.pages import LEGAL_UIDS
from dialogue import circles, comments, stances, threads
from dialogue.kit import clock
from dialogue.kit.errors import Conflict, NotFound
from tests.consultations.editing.conftest import AREA, PAGE, POINT, RULES, consultation


async def acts(database, kind, uid):
    async with database.reading() as db:
        return [step.act for step in await versions.history(db, kind, uid)][::-1]


async def gaps(database, kind, uid):
    async with database.reading() as db:
        item = await items.find(db, kind, uid, {})
        return [gap.text for gap in await item.kind.gaps(db, uid, item.content)]


# --- drafts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "words"), [("area", AREA), ("page", PAGE), ("point", POINT)])
async def test_a_draft_writes_no_row_but_its_own_step(desk, owner, kind, words):
    uid = await desk.save(kind, **words)

    assert [await owner.fetchval(f"SELECT count(*) FROM {kind}s")] == [0]
    assert (await desk.find(kind, uid)).content["title"] == words["title"]


async def test_the_same_again_is_no_new_step(desk, database):
    uid = await desk.save("area", **AREA)
    await desk.save("area", uid, base=0, **AREA)
    await desk.save("area", uid, **AREA)

    assert await acts(database, "area", uid) == ["saved"]


async def test_what_already_stands_there_makes_no_draft(desk, database):
    uid = await desk.published("area", **AREA)
    await desk.save("area", uid, **AREA)

    assert await acts(database, "area", uid) == ["saved", "published"]


async def test_the_second_of_two_editors_is_told_and_may_save_on_top(desk, second, database):
    uid = await desk.save("area", **AREA)
    await desk.save("area", uid, base=1, title="Von Anna")

    with pytest.raises(items.Overtaken) as overtaken:
        await second.save("area", uid, base=1, title="Von Ben")
    await second.save("area", uid, base=2, title="Von beiden")

    assert overtaken.value.item.content["title"] == "Von Anna"
    assert overtaken.value.item.latest.who == desk.person.pseudonym
    async with database.reading() as db:
        titles = [step.content["title"] for step in await versions.history(db, "area", uid)]
    assert titles == ["Von beiden", "Von Anna", "Ethik"]


async def test_of_many_who_save_at_once_one_is_first(desk, database, make):
    uid = await desk.save("area", **AREA)
    others = [type(desk)(database, await make.person("editor")) for _ in range(8)]

    saved = await asyncio.gather(
        *(other.save("area", uid, base=1, title=f"Nr. {at}") for at, other in enumerate(others)),
        return_exceptions=True,
    )

    assert sorted(type(each).__name__ for each in saved) == ["Overtaken"] * 7 + ["UUID"]
    assert await acts(database, "area", uid) == ["saved", "saved"]


async def test_what_was_public_before_anybody_edited_it_becomes_the_first_step(desk, make, database):
    area = await make.area(title="Von früher")

    await desk.save("area", area.uid, title="Neu")

    async with database.reading() as db:
        steps = await versions.history(db, "area", area.uid)
    assert [(step.act, step.content["title"], step.who) for step in steps[::-1]] == [
        ("published", "Von früher", ""),
        ("saved", "Neu", desk.person.pseudonym),
    ]


async def test_a_name_of_one_kind_opens_nothing_of_another(desk):
    uid = await desk.save("area", **AREA)

    with pytest.raises(NotFound):
        await desk.find("page", uid)


# --- throwing away and back -------------------------------------------------------------------------


async def test_a_draft_thrown_away_leaves_what_is_public_and_comes_back_through_the_history(desk, database):
    uid = await desk.published("area", **AREA)
    await desk.save("area", uid, title="Verworfen")

    await desk.act(items.discard, "area", uid)
    after = await desk.find("area", uid)
    await desk.act(items.restore, "area", uid, 3)
    back = await desk.find("area", uid)

    assert (after.draft, after.content["title"]) == (False, "Ethik")
    assert (back.draft, back.content["title"]) == (True, "Verworfen")
    assert await acts(database, "area", uid) == ["saved", "published", "saved", "discarded", "restored"]


async def test_an_old_wording_restored_is_a_draft_until_it_is_published(desk, owner):
    uid = await desk.published("area", **AREA)
    await desk.save("area", uid, title="Zweite")
    await desk.publish("area", uid)

    await desk.act(items.restore, "area", uid, 2)
    shown = await owner.fetchval("SELECT title FROM areas")
    await desk.publish("area", uid)

    assert [shown, await owner.fetchval("SELECT title FROM areas")] == ["Zweite", "Ethik"]


@pytest.mark.parametrize("do", [items.discard, items.publish])
async def test_nobody_throws_away_or_publishes_what_they_did_not_see(desk, second, do):
    uid = await desk.save("area", **AREA)
    await second.save("area", uid, title="Inzwischen")

    with pytest.raises(items.Overtaken):
        await desk.act(do, "area", uid, base=1)


async def test_a_consultation_thrown_away_frees_its_address_and_can_come_back(desk, owner):
    uid = await desk.save("consultation", **consultation(title="Was nun?"))
    await desk.act(items.discard, "consultation", uid)
    gone = await owner.fetchval("SELECT count(*) FROM consultations")
    await desk.save("consultation", **consultation(title="Was nun?"))

    await desk.act(items.restore, "consultation", uid, 1)

    slugs = await owner.fetch("SELECT slug FROM consultations ORDER BY slug")
    assert (gone, [row["slug"] for row in slugs]) == (0, ["was-nun", "was-nun-2"])


async def test_a_consultation_taken_back_and_thrown_away_can_be_saved_and_opened_again(desk, owner):
    await desk.rules()
    home, _ = await desk.opened()
    await desk.act(items.withdraw, "consultation", home)
    await desk.act(items.discard, "consultation", home)

    await desk.save("consultation", home, **consultation())
    await desk.publish("consultation", home)

    assert await owner.fetchval("SELECT opens_at FROM threads") == clock.start_of(clock.today())


async def test_a_draft_for_which_a_role_was_given_keeps_its_row(desk, make, owner):
    home = await desk.save("consultation", **consultation())
    room = await make.room()
    await owner.execute("UPDATE consultations SET room_id = $1", room.id)

    await desk.act(items.discard, "consultation", home)

    assert (
        await owner.fetchval("SELECT uid FROM consultations"),
        (await desk.find("consultation", home)).draft,
    ) == (
        home,
        False,
    )


# --- points -----------------------------------------------------------------------------------------


async def test_a_point_gets_the_next_code_of_its_area_and_of_drafts(desk, make):
    area = await make.area(key="E")
    await make.point(code="E4", area_id=area.id)

    first = await desk.save("point", **(POINT | {"area": str(area.uid)}))
    second = await desk.save("point", **(POINT | {"area": str(area.uid)}))
    without = await desk.save("point", **POINT)

    codes = [(await desk.find("point", uid)).content["code"] for uid in (first, second, without)]
    assert codes == ["E5", "E6", "P1"]


async def test_publishing_a_changed_point_counts_its_edition_up_and_keeps_its_thread(
    desk, make, database, owner
):
    point = await make.point(edition="1.9", text="Es soll draufstehen.")
    before = await owner.fetchrow("SELECT * FROM threads")

    await desk.save("point", point.uid, text="Es muss draufstehen.", title="Neuer Titel")
    await desk.publish("point", point.uid)

    row = await owner.fetchrow("SELECT edition, text, thread_id FROM points")
    after = await owner.fetchrow("SELECT * FROM threads")
    assert tuple(row) == ("1.10", "Es muss draufstehen.", point.thread.id)
    assert dict(after) == dict(before) | {"title": f"{point.code} Neuer Titel"}
    async with database.reading() as db:
        steps = await wordings.of(db, point.code)
    assert [(step.edition, step.first, sorted(step.changes)) for step in steps] == [
        ("1.10", False, ["text", "title"]),
        ("1.9", True, ["rationale", "text", "title"]),
    ]
    told = [(piece.kind, piece.text) for piece in steps[0].changes["text"]]
    assert told == [("same", "Es "), ("gone", "soll"), ("new", "muss"), ("same", " draufstehen.")]


async def test_moving_a_point_is_no_new_edition(desk, make, owner):
    point = await make.point()

    await desk.save("point", point.uid, position=7)
    await desk.publish("point", point.uid)

    row = await owner.fetchrow("SELECT edition, position, changed_at FROM points")
    assert tuple(row) == ("1.0", 7, point.changed_at)


async def test_two_points_cannot_have_one_code(desk, make, database):
    point = await make.point(code="E4")
    uid = await desk.save("point", **(POINT | {"code": "E4", "consultation": str(point.consultation.uid)}))

    with pytest.raises(items.Unready) as unready:
        await desk.publish("point", uid)

    assert [gap.text for gap in unready.value.gaps] == ["Das Kürzel E4 hat schon ein anderer Punkt."]


async def test_a_point_of_a_draft_waits_for_it(desk, database):
    home = await desk.save("consultation", **consultation())
    uid = await desk.save("point", **(POINT | {"consultation": str(home)}))

    assert await gaps(database, "point", uid) == [
        "Die Beteiligung ist noch ein Entwurf. Dieser Punkt wird mit ihr zusammen veröffentlicht."
    ]


async def test_a_new_point_of_an_open_consultation_can_be_talked_about_at_once(desk, make, owner):
    first = await make.point()
    uid = await desk.published("point", **(POINT | {"consultation": str(first.consultation.uid)}))

    rows = await owner.fetch("SELECT opens_at, closes_at, checks_first FROM threads ORDER BY id")
    assert dict(rows[1]) == dict(rows[0])
    assert (await desk.find("point", uid)).public.content["code"] == "P1"


# --- consultations ----------------------------------------------------------------------------------


async def test_nothing_opens_before_everything_is_there(desk, database):
    uid = await desk.save("consultation", title="Leer")

    with pytest.raises(items.Unready):
        await desk.publish("consultation", uid)

    assert await gaps(database, "consultation", uid) == [
        "Die Kurzbeschreibung fehlt: Worum geht es?",
        "Der Hintergrund fehlt: Wer entscheidet, und was geschieht mit den Beiträgen?",
        "Der erste Tag fehlt.",
        "Der letzte Tag fehlt.",
        "Der Kontakt fehlt: An wen wendet man sich mit Fragen?",
        "Der Hinweis zum Datenschutz fehlt.",
        "Die Netiquette fehlt: Ohne Regeln öffnet keine Beteiligung.",
        "Es fehlt mindestens ein Punkt, über den gesprochen wird.",
    ]


async def test_editors_say_who_takes_part_without_an_account(desk, owner, new_browser):
    await desk.rules()
    home, _ = await desk.opened(guests_vote=True)
    browser = new_browser()
    await browser.sign_in(desk.person)
    address = f"/redaktion/beteiligungen/{home}"

    form = await browser.get(address)
    sent = form.form(address) | {"rulebook": form.one("[name=rulebook] [selected]")["value"]}
    told = await browser.post(address, **sent, guests_write="y")
    row = await owner.fetchrow("SELECT guests_write, guests_vote FROM threads")

    assert [field.has_attr("checked") for field in form.select("[type=checkbox]")] == [False, True]
    assert tuple(row) == (False, True)
    assert "Wer ohne Konto mitmachen darf, steht seit dem Beginn fest" in told.words("main")


async def test_what_is_missing_in_a_point_is_missing_in_its_consultation(desk, database):
    await desk.rules()
    home = await desk.save("consultation", **consultation())
    await desk.save("point", title="Halb fertig", consultation=str(home))

    assert await gaps(database, "consultation", home) == [
        "Punkt P1: Der Text fehlt.",
        "Punkt P1: Die Begründung fehlt.",
    ]


async def test_opening_publishes_the_points_with_its_dates_and_rules(desk, owner, database):
    await desk.rules()
    today = clock.today()
    _, point = await desk.opened(sealed_until=(today + timedelta(days=20)).isoformat(), moderation="post")

    opens_at, closes_at = clock.span(today, today + timedelta(days=9))
    thread = await owner.fetchrow(
        "SELECT title, address, opens_at, closes_at, sealed_until, checks_first FROM threads"
    )
    assert tuple(thread) == (
        "P1 Kennzeichnung",
        "/punkte/P1",
        opens_at,
        closes_at,
        clock.start_of(today + timedelta(days=20)),
        False,
    )
    assert await owner.fetchval("SELECT count(*) FROM thread_rulebooks") == 1
    assert await acts(database, "point", point) == ["saved", "published"]
    phases = await owner.fetch("SELECT kind, title, starts_on, ends_on FROM phases")
    assert [tuple(row) for row in phases] == [("participation", "Mitreden", today, today + timedelta(days=9))]
    actions = await owner.fetch("SELECT body::jsonb ->> 'action' AS action FROM journal ORDER BY id")
    assert [row["action"] for row in actions] == ["rulebook.published", "consultation.published"]


async def test_publishing_twice_is_publishing_once(desk, owner, database):
    await desk.rules()
    home, _ = await desk.opened()

    await desk.publish("consultation", home, base=1)

    assert await acts(database, "consultation", home) == ["saved", "published"]
    assert await owner.fetchval("SELECT count(*) FROM journal") == 2


async def test_a_later_end_moves_the_end_of_its_threads(desk, owner):
    await desk.rules()
    home, _ = await desk.opened()
    later = clock.today() + timedelta(days=30)

    await desk.save("consultation", home, ends_on=later.isoformat())
    await desk.publish("consultation", home)

    assert await owner.fetchval("SELECT closes_at FROM threads") == clock.span(later, later)[1]


async def test_an_earlier_end_is_refused_at_publication_too(desk):
    await desk.rules()
    home, _ = await desk.opened()
    await desk.save("consultation", home, ends_on=(clock.today() + timedelta(days=1)).isoformat())

    with pytest.raises(items.Unready) as unready:
        await desk.publish("consultation", home)

    assert [gap.field for gap in unready.value.gaps] == ["ends_on"]


async def test_a_draft_of_a_point_stays_one_when_the_open_consultation_is_published_again(desk, owner):
    await desk.rules()
    home, point = await desk.opened()
    await desk.save("point", point, text="Noch nicht öffentlich.")
    await desk.save("consultation", home, title="Anders gefragt")

    await desk.publish("consultation", home)

    assert await owner.fetchval("SELECT text FROM points") == POINT["text"]
    assert (await desk.find("point", point)).draft is True


async def test_an_empty_consultation_can_be_taken_back_and_published_again(desk, owner):
    await desk.rules()
    home, _ = await desk.opened()

    await desk.act(items.withdraw, "consultation", home)
    hidden = await owner.fetchrow(
        "SELECT c.published_at, t.opens_at, t.closes_at FROM consultations c, threads t"
    )
    await desk.publish("consultation", home)

    assert tuple(hidden) == (None, None, None)
    assert await owner.fetchval("SELECT opens_at FROM threads") == clock.start_of(clock.today())


@pytest.mark.parametrize("said", ["comment", "stance"])
async def test_once_somebody_has_said_something_it_stays_public(desk, make, owner, said):
    point = await make.point()
    if said == "comment":
        await make.comment(point.thread, status="pending")
    else:
        await make.stance(point.thread)

    with pytest.raises(Conflict):
        await desk.act(items.withdraw, "consultation", point.consultation.uid)

    assert await owner.fetchval("SELECT published_at FROM consultations") == point.consultation.published_at


async def test_taking_back_waits_for_a_contribution_being_written(desk, make, database, owner):
    point = await make.point()
    author = await make.citizen()
    async with database.writing() as db:
        await db.exec_driver_sql(
            "INSERT INTO comments (number, thread_id, author_id, text, status) "
            f"VALUES ('AAA-AAA', {point.thread.id}, {author.id}, 'Gerade noch.', 'pending')"
        )
        taking = asyncio.create_task(desk.act(items.withdraw, "consultation", point.consultation.uid))
        await asyncio.sleep(0.3)
        assert not taking.done()

    with pytest.raises(Conflict):
        await taking
    assert await owner.fetchval("SELECT published_at FROM consultations") is not None


# --- rules, pages -----------------------------------------------------------------------------------


async def test_a_new_netiquette_leaves_what_is_announced_under_the_old_one(desk, owner):
    await desk.rules()
    await desk.opened()
    await owner.execute("UPDATE consultations SET rulebook_id = NULL; DELETE FROM thread_rulebooks")

    await desk.rules(intro="So reden wir ab jetzt.")
    later = await desk.save("consultation", **consultation(title="Später"))
    await desk.save("point", **(POINT | {"consultation": str(later)}))
    await desk.publish("consultation", later)

    books = await owner.fetch("SELECT id FROM rulebooks ORDER BY version")
    bound = await owner.fetch("SELECT rulebook_id FROM thread_rulebooks ORDER BY thread_id")
    assert [row["rulebook_id"] for row in bound] == [book["id"] for book in books]
    assert await owner.fetch("SELECT version FROM rulebooks ORDER BY id") == [("1.0",), ("2.0",)]


async def test_a_rule_without_a_usable_reason_is_named(desk, database):
    rule = RULES["rules"][0]
    await desk.save(
        "rulebook",
        rulebooks.UID,
        **(RULES | {"rules": [rule, rule | {"text": "", "easy": "", "reason": "Kurz."}]}),
    )

    assert await gaps(database, "rulebook", rulebooks.UID) == [
        "Regel 2: Hier fehlt der Text.",
        "Regel 2: Hier fehlt der Text in Leichter Sprache.",
        "Regel 2: Die Begründung braucht 20 bis 2000 Zeichen.",
    ]


async def test_a_page_keeps_its_address_when_its_title_changes(desk, owner):
    uid = await desk.published("page", **PAGE)
    await desk.save("page", uid, title="Anders")
    await desk.publish("page", uid)

    assert tuple(await owner.fetchrow("SELECT slug, title FROM pages")) == ("so-geht-es", "Anders")


async def test_nobody_takes_the_address_of_a_legal_page(desk, database):
    uid = await desk.save("page", uuid4(), **(PAGE | {"slug": "impressum"}))

    assert await gaps(database, "page", uid) == ["Die Adresse impressum hat schon eine andere Seite."]


async def test_a_measure_is_published_under_its_area(desk, make, owner):
    area = await make.area()
    words = {"title": "Schulung", "text": "Für alle.", "area": str(area.uid), "state": "planned"}

    await desk.published("measure", **words)

    row = await owner.fetchrow("SELECT code, title, area_id, state, until FROM measures")
    assert tuple(row) == ("M1", "Schulung", area.id, "planned", "")


# --- names ------------------------------------------------------------------------------------------


async def test_a_name_that_belongs_to_something_else_becomes_nothing_new(desk, make, owner):
    point = await make.point(area_id=(area := await make.area()).id)
    page = await desk.published("page", **PAGE)
    draft = await desk.save("consultation", **consultation())
    thrown = await desk.save("measure", title="Schulung")
    await desk.act(items.discard, "measure", thrown)
    imprint = next(iter(LEGAL_UIDS))
    others = [area.uid, point.consultation.uid, page, draft, thrown, imprint, rulebooks.UID]
    before = await owner.fetchval("SELECT count(*) FROM versions")

    for uid in others:
        with pytest.raises(NotFound):
            await desk.save("point", uid, **POINT)
    with pytest.raises(NotFound):
        await desk.save("area", point.uid, **AREA)

    assert await owner.fetchval("SELECT count(*) FROM versions") == before
    await desk.save("area", area.uid, title="Noch zu ändern")
    await desk.save("page", imprint, title="Impressum", text="Wer wir sind.")
    await desk.rules()


async def test_steps_of_two_kinds_with_one_name_hide_nothing_of_each_other(make, database):
    uid = uuid4()
    await make.row(versions.Version, subject=uid, number=1, kind="area", act="saved", content=AREA)
    await make.row(versions.Version, subject=uid, number=2, kind="point", act="saved", content=POINT)

    async with database.reading() as db:
        found = await versions.standing(db, versions.DRAFT)

    assert sorted(row.kind for row in found) == ["area", "point"]


async def test_an_old_step_brought_back_leaves_a_public_point_in_its_consultation(desk, make):
    first, second = await make.consultation(), await make.consultation()
    uid = await desk.save("point", **(POINT | {"consultation": str(first.uid)}))
    await desk.save("point", uid, consultation=str(second.uid))
    await desk.publish("point", uid)

    await desk.act(items.restore, "point", uid, 1)

    assert (await desk.find("point", uid)).content["consultation"] == str(second.uid)


async def test_who_edits_a_public_point_follows_from_where_it_is_public(desk, make):
    point, other = await make.point(), await make.consultation()
    await desk.save("point", point.uid, consultation=str(other.uid))

    item = await desk.find("point", point.uid)

    assert homes.may(frozenset({point.consultation.uid}), item)
    assert not homes.may(frozenset({other.uid}), item)


@pytest.mark.parametrize("said", ["contribution", "stance"])
async def test_what_is_said_while_a_consultation_is_taken_back_is_refused(desk, make, database, owner, said):
    point = await make.point()
    author = await make.citizen()
    saying = None

    async def say():
        async with database.writing() as db:
            thread = await threads.get(db, point.thread.id, author.id)
            read.set()
            await taken.wait()
            if said == "stance":
                await stances.take(db, author.id, thread.id, 1)
            else:
                new = comments.New(thread.id, thread.internal, "Gerade noch.", uuid4(), "ABCD")
                await comments.add(db, author.id, "account", new)

    read, taken = asyncio.Event(), asyncio.Event()
    saying = asyncio.create_task(say())
    await read.wait()
    async with database.writing() as db:
        item = await items.find(db, "consultation", point.consultation.uid, {})
        await items.withdraw(db, item, item.number, desk.person.id)
        taken.set()
        await asyncio.sleep(0.3)  # now its writer waits for us

    with pytest.raises(NotFound):
        await saying
    assert await owner.fetchval("SELECT count(*) FROM comments") == 0
    assert await owner.fetchval("SELECT count(*) FROM stances") == 0


async def test_opening_buries_no_newer_draft_of_a_point(desk, second, database, monkeypatch, owner):
    await desk.rules()
    home = await desk.save("consultation", **consultation())
    point = await desk.save("point", **(POINT | {"consultation": str(home)}))
    apply = points.apply

    async def meanwhile(*given):
        await second.save("point", point, text="Inzwischen besser.")
        return await apply(*given)

    monkeypatch.setattr(points, "apply", meanwhile)
    with pytest.raises(Conflict, match="Gerade hat jemand einen Punkt geändert"):
        await desk.publish("consultation", home)

    assert await acts(database, "point", point) == ["saved", "saved"]
    assert await owner.fetchval("SELECT published_at FROM consultations") is None
    assert await owner.fetchval("SELECT count(*) FROM points") == 0


@pytest.mark.parametrize("back", [False, True])
async def test_what_was_written_for_a_circle_is_not_opened_to_others(desk, make, back):
    await desk.rules()
    circle, other = await make.circle(), await make.circle()
    later = (clock.today() + timedelta(days=5)).isoformat()
    home, _ = await desk.opened(circle=str(circle.id), starts_on=later)
    if back:
        await desk.act(items.withdraw, "consultation", home)

    for wanted in ("", str(other.id)):
        await desk.save("consultation", home, circle=wanted)
        with pytest.raises(items.Unready) as unready:
            await desk.publish("consultation", home)
        assert [gap.field for gap in unready.value.gaps] == ["circle"]


async def test_two_areas_drafted_with_one_name_can_both_be_published(desk, owner):
    first, second = await desk.save("area", **AREA), await desk.save("area", **AREA)

    await desk.publish("area", first)
    await desk.publish("area", second)
    await desk.save("area", second, summary="Was gelten muss.")
    await desk.publish("area", second)

    slugs = await owner.fetch("SELECT slug FROM areas ORDER BY id")
    assert [row["slug"] for row in slugs] == ["ethik", "ethik-2"]
    assert (await desk.find("area", second)).latest.content["slug"] == "ethik-2"


async def test_a_circle_dissolved_meanwhile_is_missing(desk, make, database):
    await desk.rules()
    circle = await make.circle()
    home = await desk.save("consultation", **consultation(circle=str(circle.id)))
    await desk.save("point", **(POINT | {"consultation": str(home)}))
    async with database.writing() as db:
        await circles.remove(db, circle.id, desk.person.id)

    with pytest.raises(items.Unready) as unready:
        await desk.publish("consultation", home)

    assert [(gap.text, gap.field) for gap in unready.value.gaps] == [
        ("Diesen Kreis gibt es nicht mehr. Bitte wählen Sie einen anderen.", "circle")
    ]


async def test_a_new_title_is_the_rooms_title_too(desk, make, owner):
    room = await make.room(title="Alter Titel")
    point = await make.point(await make.consultation(title="Alter Titel", room_id=room.id, contact="Wir."))
    await make.room(title="Ein anderer")
    await owner.execute("UPDATE consultations SET title = 'Neuer Titel'")

    async with desk.database.writing() as db:
        await calendar.apply(db, point.consultation.id)

    titles = await owner.fetch("SELECT title FROM rooms ORDER BY id")
    assert [row["title"] for row in titles] == ["Neuer Titel", "Ein anderer"]
