"""Search: what is found, in which order, what is never found, and what happens with odd input."""

from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, strategies
from hypothesis import settings as cases

from consultations.analysis import indexing
from consultations.editing import points as editing
from consultations.tables import Area, Measure, Response
from dialogue import search as index
from dialogue.kit import clock
from tests.browser import numbers


def found(page):
    """The numbers of the contributions found, in order."""
    return [number for link in page.select(".hit h3 a") for number in numbers(link.get_text())]


def points(page):
    return [link.get_text().split()[0] for link in page.select(".hit h3 a[href^='/punkte/']")]


@pytest.fixture
async def search(browser):
    async def ask(q, **more):
        return await browser.get("/suche?" + "&".join(f"{k}={v}" for k, v in {"q": q, **more}.items()))

    return ask


@pytest.fixture
async def said(make):
    """A point about something else, and a way to write contributions to it."""
    point = await make.point(code="E2", title="Kennzeichnung", text="Texte.", rationale="Klarheit.")

    async def say(text, **values):
        return await make.comment(point.thread, text=text, **values)

    say.point = point
    return say


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("Häuser", "Am Haus hängt etwas."),
        ("haus", "Alle Häuser der Stadt"),
        ("kennzeichnen", "Gekennzeichnet? Kennzeichnung!"),
        ("Kennz", "Bitte kennzeichnen."),
        ("Kennzeichnu", "Eine Kennzeichnung bitte."),
        ("überw", "Überwachung ist nicht alles."),
        ("Kameras", "Eine Kamera genügt."),
        ("schule schut", "Schutz der Kinder in der Schule"),
        ("Bürgerinnen", "Bürgerinnen/Bürger reden mit."),
        ("innen", "Bürger*innen reden mit."),
        ("ki-inhalte", "KI-Inhalte kennzeichnen"),
        ("Strasse", "Auf der Straße"),
        ("2027", "Ab 2027 bitte."),
        ("كاميرا", "كاميرا في المدينة"),
        ("“Fernwärme”", "Fernwärme!"),
        ("fernwärme:*", "Fernwärme!"),
        ("fernwärme & !strom | (", "Fernwärme und Strom"),
    ],
)
async def test_a_word_is_found_in_its_forms_and_by_its_beginning(search, said, typed, text):
    comment = await said(text)
    await said("Etwas ganz anderes.")

    assert found(await search(typed)) == [comment.number]


async def test_all_words_have_to_be_there(search, said):
    both = await said("Datenschutz an der Schule")
    await said("Datenschutz im Amt")
    await said("Die Schule am Park")

    assert found(await search("Schule Datenschutz")) == [both.number]


async def test_a_part_of_a_compound_is_found_once_the_job_has_run(search, said, work, database):
    comment = await said("Keine Überwachungskameras!")
    before = found(await search("Kamera"))

    done = await indexing.everything(database)
    after = await search("Kamera")

    assert (before, done, found(after)) == ([], 2, [comment.number])
    assert after.words(".hit mark") == "Überwachungskameras"
    assert await indexing.everything(database) == 0


async def test_publishing_makes_it_found_at_once_and_its_compounds_with_the_job(
    search, said, make, new_browser, work
):
    comment = await said("Keine Überwachungskameras!", status="pending")
    moderator = new_browser()
    await moderator.sign_in(await make.moderator())
    hidden = found(await search("Überwachungskameras"))

    await moderator.post(f"/moderation/{comment.number}/entscheiden", decision="publish", revision="1")
    at_once = found(await search("Überwachungskameras"))
    await work()

    assert (hidden, at_once, found(await search("Kamera"))) == ([], [comment.number], [comment.number])


@pytest.mark.parametrize("status", ["pending", "rejected", "hidden", "withdrawn"])
async def test_what_is_not_public_is_not_found(search, said, status):
    comment = await said("Zwiebelkuchen mit Überwachungskameras", status=status)

    for typed in ("Zwiebelkuchen", "Zwie", comment.number, comment.number.replace("-", "")):
        page = await search(typed)
        assert found(page) == []
        assert "Dazu haben wir nichts gefunden" in page.words()


async def test_what_is_hidden_is_gone_and_back_when_restored(search, said, owner):
    comment = await said("Zwiebelkuchen")
    seen = []
    for status in ("hidden", "published"):
        await owner.execute("UPDATE comments SET status = $1 WHERE id = $2", status, comment.id)
        seen.append(found(await search("Zwiebelkuchen")))

    assert seen == [[], [comment.number]]


async def test_even_words_left_in_the_index_bring_nothing_to_light(search, said, owner):
    comment = await said("Zwiebelkuchen")
    await owner.execute("SET session_replication_role = replica")
    await owner.execute("UPDATE comments SET status = 'hidden' WHERE id = $1", comment.id)
    await owner.execute("SET session_replication_role = origin")

    assert found(await search("Zwiebelkuchen")) == []


async def test_of_a_text_that_changed_meanwhile_no_parts_are_stored(search, said, database, owner):
    comment = await said("Keine Überwachungskameras!")

    async with database.writing() as db:
        await db.exec_driver_sql("UPDATE comments SET text = 'gelöscht'")
    async with database.writing() as db:
        stored = await index.add_parts(db, comment.id, "Keine Überwachungskameras!", ["kamera"])

    assert stored is False
    assert found(await search("Kamera")) == found(await search("Überwachungskameras")) == []
    assert found(await search("gelöscht")) == [comment.number]


async def test_what_a_circle_says_is_found_by_nobody(make, new_browser):
    member = await make.citizen()
    circle = await make.circle(member)
    point = await make.point(await make.consultation(circle_id=circle.id), title="Zwiebelkuchen", code="Z9")
    await make.comment(point.thread, text="Zwiebelkuchen für alle")
    browser = new_browser()
    await browser.sign_in(member)

    for visitor in (browser, new_browser()):
        page = await visitor.get("/suche?q=Zwiebelkuchen")
        assert (found(page), points(page)) == ([], [])
        assert points(await visitor.get("/suche?q=Z9")) == []
        assert point.consultation.slug not in page.text
        assert (await visitor.get(f"/suche?q=x&wo={point.consultation.slug}")).status == 404


async def test_a_consultation_that_is_not_announced_is_not_found(search, make):
    point = await make.point(await make.consultation(published_at=None), title="Zwiebelkuchen", code="Z8")
    await make.comment(point.thread, text="Zwiebelkuchen")

    page = await search("Zwiebelkuchen")

    assert (found(page), points(page), points(await search("Z8"))) == ([], [], [])


@pytest.mark.parametrize("typed", ["E2", "e2", "e 2"])
async def test_a_code_leads_straight_to_its_point(search, said, make, typed):
    await make.point(said.point.consultation, code="K1", title="Wie bei E2", text="E2 E2 E2")
    await said("Zu E2 gehört mehr.")

    assert points(await search(typed))[0] == "E2"


async def test_a_number_leads_straight_to_its_contribution(search, said):
    comment = await said("Mein Beitrag", number="7K4-92F")
    await said("Ich stimme 7K4-92F zu.")

    for typed in ("7K4-92F", "7k492f", "7k4 92f"):
        page = await search(typed)
        assert found(page)[0] == comment.number
        assert page.words("#direkt") == "Der Beitrag mit dieser Nummer"


async def test_points_are_found_by_title_text_and_rationale_and_the_title_counts_most(search, make):
    consultation = await make.consultation()
    for code, values in {
        "A1": {"rationale": "Wegen der Fernwärme."},
        "A2": {"text": "Mehr Fernwärme."},
        "A3": {"title": "Fernwärme"},
        "A4": {},
    }.items():
        await make.point(consultation, code=code, **values)

    assert points(await search("Fernwärme")) == ["A3", "A2", "A1"]


async def test_a_changed_point_is_found_by_its_new_words_alone(search, said, owner, database):
    await indexing.everything(database)
    await owner.execute("UPDATE points SET title = 'Überwachungskameras', text = 'Neu'")
    await indexing.everything(database)

    assert points(await search("Kamera")) == ["E2"]
    assert points(await search("Texte")) == []


async def test_a_point_that_editors_publish_is_found_and_its_compounds_with_the_job(
    search, make, database, work
):
    home = await make.consultation()
    content = {"consultation": str(home.uid), "code": "N1", "title": "Überwachungskameras", "text": "Neu"}
    async with database.writing() as db:
        await editing.apply(db, uuid4(), content, uuid4())
    at_once = points(await search("Überwachungskameras"))
    await work()

    assert (at_once, points(await search("Kamera"))) == (["N1"], ["N1"])


async def test_measures_are_found_by_their_title(search, make):
    area = await make.row(Area, key="A", slug="amt", title="Amt", summary="", position=1)
    values = {"text": "", "until": "", "cost": "", "state": "planned", "position": 1}
    await make.row(Measure, code="M7", area_id=area.id, title="Register der Anwendungen", **values)

    page = await search("Register")

    assert [link["href"] for link in page.select(".hit h3 a")] == ["/strategie#M7"]


async def test_whole_words_come_first_then_beginnings_the_newest_first(search, said):
    beginning = await said("Radwege Radwege Radwege")
    old = await said("Das Rad ist gut.")
    new = await said("Das Rad ist gut.")

    assert found(await search("Rad")) == [new.number, old.number, beginning.number]


async def test_filters_narrow_to_consultation_point_kind_and_answer(search, said, make):
    other = await make.point(code="K1", title="Anderes")
    here = await said("Fernwärme hier")
    there = await make.comment(other.thread, text="Fernwärme dort")
    for comment, point, outcome in ((here, said.point, "not_adopted"), (there, other, "adopted")):
        values = {
            "outcome": outcome,
            "reasons": "Ja.",
            "before": "",
            "after": "",
            "published_at": clock.now(),
        }
        await make.row(Response, comment_id=comment.id, point_id=point.id, **values)
    plain = await said("Fernwärme ohne Antwort")
    await make.point(said.point.consultation, code="F1", title="Fernwärme")

    assert found(await search("Fernwärme", wo="K1")) == [there.number]
    assert found(await search("Fernwärme", wo=said.point.consultation.slug)) == [here.number, plain.number]
    assert found(await search("Fernwärme", antwort="ja")) == [there.number, here.number]
    assert found(await search("Fernwärme", antwort="geaendert")) == [there.number]
    only = await search("Fernwärme", art="punkte")
    assert (found(only), points(only)) == ([], ["F1"])
    none = await search("Fernwärme", art="beitraege")
    assert (len(found(none)), points(none)) == (3, [])


async def test_an_answer_that_is_not_public_yet_is_none(search, said, make):
    comment = await said("Fernwärme")
    values = {"outcome": "adopted", "reasons": "Ja.", "before": "", "after": ""}
    later = clock.now() + timedelta(days=1)
    await make.row(Response, comment_id=comment.id, point_id=said.point.id, published_at=later, **values)

    assert found(await search("Fernwärme", antwort="ja")) == []
    assert (await search("Fernwärme")).select(".hit__answer") == []


@pytest.mark.parametrize(
    "query",
    [
        "wo=nirgends",
        "art=alles",
        "antwort=vielleicht",
        "q=x&weiter=1",
        "q=Text&weiter=1.2.3",
        "q=x&weiter=a.b.c",
        "q=x&weiter=99999999999.1.1",
    ],
)
async def test_what_we_never_offer_does_not_exist(browser, said, query):
    await said("Text")

    assert (await browser.get(f"/suche?{query}")).status == 404


async def test_pages_of_twenty_hold_every_hit_once_also_when_new_ones_come(browser, said):
    comments = [await said(f"Fernwärme Nummer {n}") for n in range(45)]
    page = await browser.get("/suche?q=Fernwärme")
    seen, sizes = [], []
    while True:
        seen += found(page)
        sizes.append(len(found(page)))
        more = page.select("a[rel=next]")
        if not more:
            break
        await said("Fernwärme, gerade erst")
        page = await browser.get(more[0]["href"])

    assert seen == [comment.number for comment in reversed(comments)]
    assert sizes == [20, 20, 5]


async def test_marks_show_the_hit_and_the_text_stays_text(search, said):
    await said("<b>Kamera</b> <script>alert(1)</script> & “Kamera”")

    page = await search("Kamera")

    assert [mark.text for mark in page.select(".hit__text mark")] == ["Kamera", "Kamera"]
    assert page.words(".hit__text") == "<b> Kamera </b> <script>alert(1)</script> & “ Kamera ”"


async def test_without_words_the_page_explains_how_to_search(browser):
    for address in ("/suche", "/suche?q=", "/suche?q=%20%E2%80%8B"):
        page = await browser.get(address)
        assert (page.status, page.words("#hilfe")) == (200, "So finden Sie etwas")
        for link in page.select(".prose a"):
            assert (await browser.get(link["href"])).status == 200


@pytest.mark.parametrize("typed", ["und der die", "nicht", "!!!", "€ % &amp;", "👍"])
async def test_words_that_stand_everywhere_are_answered_with_a_sentence(search, said, typed):
    await said("Und der, die, das nicht 👍")

    page = await search(typed.replace("%", "%25").replace("&", "%26"))

    assert page.status == 200
    assert found(page) == []
    assert (
        "So kurze und häufige Wörter stehen in fast jedem Text." in page.words()
        or "nichts gefunden" in page.words()
    )


async def test_words_that_are_left_out_are_named(search, said):
    comment = await said("Fernwärme ist gut")

    page = await search("nicht ohne die Fernwärme")

    assert found(page) == [comment.number]
    assert "Nicht gesucht, weil sie in fast jedem Text stehen: nicht, ohne, die" in page.words()


@pytest.mark.parametrize("length", [201, 10_000])
async def test_far_too_much_is_shortened_and_said(browser, length):
    page = await browser.get("/suche?q=" + "K" * length)

    assert page.status == 422
    assert page.words("#q-error") == "Bitte höchstens 200 Zeichen. Ein paar Wörter reichen meist aus."
    assert len(page.one("#q")["value"]) == 200


ODD = ["%00", "a%00b", "%C3%28", "%ED%A0%80", "%F0%9F%98%80", "' OR 1=1 --", "a:*", "(((", "&|!", "\\", "'", '"',
       "%E2%80%AE", "a%CC%81" * 50, "<->", "a <2> b", "$1", "%25", "%FF%FE", "1e5", "-1", "ﬁ", "İ", "ẞ"]  # fmt: skip


@pytest.mark.parametrize("typed", ODD)
async def test_odd_input_is_answered_like_any_other(browser, said, typed):
    await said("Text")

    assert (await browser.client.get(f"/suche?q={typed}")).status_code == 200


@cases(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(strategies.text(max_size=60))
async def test_no_input_at_all_breaks_the_search(browser, typed):
    assert (await browser.client.get("/suche", params={"q": typed})).status_code == 200
