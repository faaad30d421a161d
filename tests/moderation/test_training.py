"""Training the learned order: from files and from what people decided here, stored whole or not at all."""

import csv
from types import SimpleNamespace

import pytest
from sqlalchemy import insert, select

from dialogue import journal
from dialogue.kit import clock
from dialogue.kit.errors import Invalid
from moderation import models, training
from moderation.tables import Decision, Model
from moderation.training import Sources
from moderation.triage import learned
from tests.moderation.triage import made


def write(file, rows, *columns):
    with file.open("w", encoding="utf-8-sig", newline="") as lines:
        table = csv.writer(lines)
        table.writerows([columns, *rows])
    return file


@pytest.fixture
def sources(tmp_path):
    """64 striking, 80 plain, and 120 harmless texts of two processes."""
    labelled = [(text, "OFFENSE") for text in made.striking()] + [(text, "OTHER") for text in made.plain()]
    more = [(text, name) for name, texts in made.examples().harmless.items() for text in texts]
    return Sources(
        [write(tmp_path / "tweets.csv", labelled, "text", "label")],
        [write(tmp_path / "reden.csv", more, "text", "process")],
    )


def gathered(sources, *own):
    return training.gathered(sources, [SimpleNamespace(text=text, status=status) for text, status in own])


# --- files ------------------------------------------------------------------------------------------


def test_files_say_what_is_striking_plain_and_harmless(sources):
    examples = gathered(sources)

    assert (examples.striking, examples.plain) == (made.striking(), made.plain())
    assert {name: len(texts) for name, texts in examples.harmless.items()} == {"Mobilität": 60, "Daten": 60}


def test_without_a_process_the_file_is_one(sources, tmp_path):
    file = write(tmp_path / "klima.csv", [[text] for text in made.harmless()], "text")

    examples = gathered(Sources(sources.labelled, [*sources.harmless, file]))

    assert {name: len(texts) for name, texts in examples.harmless.items()} == {
        "Mobilität": 60,
        "Daten": 60,
        "klima": 60,
    }


def test_a_text_counts_once(sources):
    assert gathered(Sources(sources.labelled * 2, sources.harmless * 2)) == gathered(sources)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"text,kind\nA,1\n", "kaputt.csv: Es fehlt die Spalte label."),
        (b"", "kaputt.csv: Es fehlt die Spalte text, label."),
        (
            b"text,label\nA,vielleicht\n",
            "kaputt.csv: Die Spalte label kennt OFFENSE, 1, OTHER, 0, nicht „vielleicht“.",
        ),
        (b"text,label\nA\n", "kaputt.csv: Die Spalte label kennt OFFENSE, 1, OTHER, 0, nicht „“."),
        (b"text,label\n\xff\xfe,1\n", "kaputt.csv lässt sich nicht lesen"),
        (b'text,label\n"A,1\n', "kaputt.csv lässt sich nicht lesen"),
        (b'text,label\n"' + b"x" * 200_000 + b'",1\n', "kaputt.csv lässt sich nicht lesen"),
        (
            b"text,label\nA,1\n",
            "Zum Trainieren braucht es mindestens 50 auffällige Texte (OFFENSE); gefunden: 1.",
        ),
        (None, "kaputt.csv lässt sich nicht lesen"),
    ],
)
def test_a_file_that_is_not_as_it_should_be_gets_a_sentence(tmp_path, content, sentence):
    file = tmp_path / "kaputt.csv"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(Invalid) as refusal:
        gathered(Sources([file]))

    assert refusal.value.text.startswith(sentence)


def test_harmless_texts_are_needed_too(sources):
    with pytest.raises(Invalid, match=r"mindestens 100 harmlose Texte .*; gefunden: 0"):
        gathered(Sources(sources.labelled))


# --- the city's own ---------------------------------------------------------------------------------


async def judged(make, database, thread, text, decision, rule=None, *, person=True, **values):
    """A contribution with its last decision, by a person or by triage."""
    moderator = await make.moderator()
    status = {"publish": "published", "keep": "published", "reject": "rejected", "hide": "hidden"}[decision]
    comment = await make.comment(thread, text=text, **({"status": status} | values))
    async with database.writing() as db:
        by = (
            {"actor_id": await journal.actor(db, moderator.id), "origin": "own"}
            if person
            else {"origin": "triage"}
        )
        row = {
            "revision": 1,
            "snapshot": b"\0" * 32,
            "decision": decision,
            "reasons": "So steht es in der Netiquette.",
        }
        row |= {"rule_id": rule.id if rule else None, "automated": not person}
        await db.execute(insert(Decision).values(comment_id=comment.id, **row, **by))


async def own(database, *rules):
    async with database.reading() as db:
        return [(row.text, row.status) for row in await training.decided(db, rules)]


async def test_of_the_city_counts_what_a_person_decided_outside_circles(make, database):
    thread, rule = await make.thread(), await make.rule(number=1)
    circle = await make.thread(circle_id=(await make.circle()).id)
    await judged(make, database, thread, "veröffentlicht", "publish")
    await judged(make, database, thread, "geprüft und geblieben", "keep")
    await judged(make, database, thread, "abgelehnt", "reject", rule)
    await judged(make, database, thread, "ausgeblendet", "hide", rule)
    await judged(make, database, thread, "von der Vorprüfung", "publish", person=False)
    await judged(make, database, thread, "zurückgezogen", "publish", status="withdrawn")
    await judged(make, database, thread, "Beispiel", "publish", example=True)
    await judged(make, database, thread, "gelöscht", "publish", erased_at=clock.now())
    await judged(make, database, circle, "im Kreis", "publish")
    await make.comment(thread, status="pending", text="wartet")
    await make.comment(thread, text="übernommen")

    assert await own(database) == [
        ("veröffentlicht", "published"),
        ("geprüft und geblieben", "published"),
        ("abgelehnt", "rejected"),
        ("ausgeblendet", "hidden"),
    ]


async def test_rules_about_tone_can_be_named(make, database):
    thread, tone, copies = await make.thread(), await make.rule(number=1), await make.rule(number=7)
    await judged(make, database, thread, "schroff", "reject", tone)
    await judged(make, database, thread, "doppelt", "reject", copies)
    await judged(make, database, thread, "gut", "publish")

    assert await own(database, 1) == [("schroff", "rejected"), ("gut", "published")]


def test_own_published_ones_are_harmless_and_a_few_rejected_ones_no_example_yet(sources):
    published = [(f"Eigener Beitrag {n}", "published") for n in range(3)]
    against = [(f"Eigene Nulpe {n}", "rejected" if n % 2 else "hidden") for n in range(20)]

    few, enough = (gathered(sources, *published, *against[:count]) for count in (19, 20))

    assert few.harmless[training.OWN] == [text for text, _ in published]
    assert few.striking == made.striking()
    assert enough.striking == made.striking() + [text for text, _ in against]


# --- stored -----------------------------------------------------------------------------------------


async def test_an_order_is_stored_with_what_it_learned_from_and_holds(make, database, sources):
    said = []

    figures = await training.train(database, sources, said.append)

    async with database.reading() as db:
        row = (await db.execute(select(Model.__table__))).one()
        order = await models.Held().current(db)
        newest = await models.newest(db)
    assert (figures["model"], figures["data_digest"]) == (row.id, row.data_digest)
    assert row.figures | {"model": row.id, "data_digest": row.data_digest} == figures
    assert (newest.id, newest.figures) == (row.id, row.figures)
    assert order.read("Sie dort sind eine Nulpe, immer schon.").level == "hoch"
    assert learned.load(row.weights).thresholds == order.thresholds
    assert said == [f"Durchgang {n} von 5 geprüft" for n in range(1, 6)]


async def test_too_few_examples_store_nothing(database, sources):
    with pytest.raises(Invalid):
        await training.train(database, Sources(sources.labelled), lambda _: None)

    async with database.reading() as db:
        assert (await models.newest(db), await models.Held().current(db)) == (None, None)


def test_the_digest_follows_the_texts_and_not_their_order(sources, tmp_path):
    first = training.digest(gathered(sources))
    rows = [(text, "OTHER") for text in reversed(made.plain())] + [
        (text, "1") for text in reversed(made.striking())
    ]
    turned = Sources([write(tmp_path / "andersherum.csv", rows, "text", "label")], sources.harmless)
    fewer = Sources([write(tmp_path / "weniger.csv", rows[1:], "text", "label")], sources.harmless)

    assert [training.digest(gathered(each)) == first for each in (turned, fewer)] == [True, False]
