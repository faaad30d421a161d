"""Receipts: the number is public and grants nothing; the secret opens what belongs to it."""

import asyncio
import re
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from dialogue.kit import clock, tokens
from dialogue.tables import Comment, JournalEntry
from moderation import decisions
from tests.conftest import KEY

TEXT = "Bitte kennzeichnen Sie jeden Text, den eine KI geschrieben hat."
REASONS = "Ihr Beitrag nennt eine Person mit vollem Namen."


async def write(browser, thread, **form):
    page = await browser.post(f"/faden/{thread.id}/schreiben", **({"text": TEXT} | form))
    return page.words(".receipt__number"), page.words(".receipt__secret")


async def open_receipt(browser, number, secret, **form):
    return await browser.post("/beitrag", number=number, secret=secret, **form)


async def written(make, new_browser, **thread):
    """A contribution whose author has gone: number and secret."""
    author = new_browser()
    await author.sign_in(await make.citizen())
    return await write(author, await make.thread(**thread))


async def statuses(database):
    async with database.reading() as db:
        return list((await db.execute(select(Comment.status))).scalars())


async def decide(make, database, kind):
    moderator, rule = await make.moderator(), await make.rule(title="Privates")
    async with database.writing() as db:
        comment = (await db.execute(select(Comment.__table__))).one()
        ruling = decisions.Ruling(kind, comment.revision, rule.id, REASONS)
        await decisions.decide(db, moderator, comment, ruling)


async def test_a_receipt_has_a_number_and_a_secret_of_128_bit(make, new_browser, database):
    number, secret = await written(make, new_browser)

    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{3}-[0-9A-HJKMNP-TV-Z]{3}", number)
    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){6}[0-9A-HJKMNP-TV-Z]{2}", secret)
    async with database.reading() as db:
        stored = (await db.execute(select(Comment.number, Comment.secret_hash))).one()
    assert stored == (number, tokens.digest(secret.replace("-", "")))


async def test_the_receipt_leads_where_its_author_finds_the_contribution_without_the_secret(browser, make):
    thread = await make.thread()
    await browser.sign_in(await make.citizen())

    page = await browser.post(f"/faden/{thread.id}/schreiben", text=TEXT)
    number = page.words(".receipt__number")

    links = {link.text: link["href"] for link in page.select("main a")}
    assert (links["Mein Konto"], links["Stand des Beitrags ansehen"]) == ("/konto", f"/beitraege/{number}")
    assert (await browser.get(f"/beitraege/{number}")).words(".kern-title") == "Ihr Beitrag wird geprüft"


async def test_the_number_alone_grants_nothing(make, new_browser, browser, database):
    number, _ = await written(make, new_browser)
    await browser.sign_in(await make.citizen())

    pages = [await browser.get(f"/beitraege/{number}{page}") for page in ("", "/bearbeiten", "/antworten")]
    pages += [
        await browser.post(f"/beitraege/{number}/zurueckziehen"),
        await open_receipt(browser, number, ""),
    ]

    assert [page.status for page in pages] == [404, 404, 404, 404, 422]
    assert [TEXT in page.text for page in pages] == [False] * 5
    assert await statuses(database) == ["pending"]


@pytest.mark.parametrize("typed", ["{0}", " {0} ", "{1}", "{2}", "{3}"])
async def test_the_secret_is_understood_as_people_type_it(make, new_browser, browser, typed):
    number, secret = await written(make, new_browser)
    ways = (secret, secret.lower(), secret.replace("-", " "), secret.replace("0", "O").replace("1", "l"))

    page = await open_receipt(browser, number.lower(), typed.format(*ways))

    assert (page.status, page.words(".kern-title"), page.words("blockquote")) == (
        200,
        "Ihr Beitrag wird geprüft",
        TEXT,
    )


@pytest.mark.parametrize(
    ("kind", "title"),
    [("publish", "Ihr Beitrag wurde veröffentlicht"), ("reject", "Ihr Beitrag wurde nicht veröffentlicht")],
)
async def test_the_secret_opens_the_decision_and_its_reasons(
    make, new_browser, browser, database, kind, title
):
    number, secret = await written(make, new_browser)
    await decide(make, database, kind)

    page = await open_receipt(browser, number, secret)

    alert = page.one("[aria-label='Entscheidung der Moderation']")
    assert " ".join(alert.select_one(".kern-title").get_text().split()) == title
    assert ("Privates" in alert.get_text(), REASONS in alert.get_text()) == (kind == "reject", True)


@pytest.mark.parametrize("kind", [None, "publish"])
async def test_the_secret_takes_the_contribution_back_without_signing_in(
    make, new_browser, browser, database, kind
):
    number, secret = await written(make, new_browser)
    if kind:
        await decide(make, database, kind)
    form = (await open_receipt(browser, number, secret)).form("/beitrag")

    page = await browser.post("/beitrag", **form, action="withdraw")
    again = await browser.post("/beitrag", **form, action="withdraw")

    assert (page.status, page.words(".kern-title").partition(" Ihr ")[0]) == (
        200,
        "Sie haben diesen Beitrag zurückgezogen",
    )
    assert (again.words("main"), await statuses(database)) == (page.words("main"), ["withdrawn"])
    assert (await browser.get(f"/beitraege/{number}")).status == 404


@pytest.mark.parametrize("kind", ["reject", "hide"])
async def test_what_was_decided_against_cannot_be_taken_back_but_stays_open(
    make, new_browser, browser, database, kind
):
    number, secret = await written(make, new_browser)
    if kind == "hide":
        await decide(make, database, "publish")
    await decide(make, database, kind)

    page = await open_receipt(browser, number, secret, action="withdraw")

    assert (page.status, secret in page.text, await statuses(database)) == (
        409,
        False,
        [{"reject": "rejected", "hide": "hidden"}[kind]],
    )
    assert (await open_receipt(browser, number, secret)).words("blockquote") == TEXT


async def test_a_wrong_secret_and_an_unknown_number_look_alike(make, new_browser, browser):
    number, secret = await written(make, new_browser)
    other, others = await written(make, new_browser)
    wrong = tokens.receipt_secret(b"another key", "1")

    answers = [
        (await open_receipt(browser, *pair), pair)
        for pair in (
            (number, wrong),
            ("ZZZ-ZZZ", wrong),
            ("ZZZ-ZZZ", secret),
            (number, others),
            (other, secret),
        )
    ]

    said = [(page.status, page.text.replace(pair[0], "N").replace(pair[1], "S")) for page, pair in answers]
    assert said == [said[0]] * 5
    assert said[0][0] == 404
    assert answers[0][0].words(".errors li") == (
        "Nummer und Schlüssel passen nicht zusammen. Bitte prüfen Sie beide auf Ihrem Beleg."
    )


@pytest.mark.parametrize(
    "secret", ["0" * 26, "x", "%", "_" * 26, "' OR 1=1 --", "\u0660" * 26, "\x00", "😀", "A" * 5_000]
)
async def test_a_guess_opens_nothing(make, new_browser, browser, secret):
    number, _ = await written(make, new_browser)

    page = await open_receipt(browser, number, secret)

    assert (page.status, TEXT in page.text) == (404, False)


async def test_an_imported_contribution_has_no_secret_that_could_be_guessed(make, browser):
    comment = await make.comment(status="pending", source="import", secret_hash=None)

    assert {
        (await open_receipt(browser, comment.number, secret)).status for secret in ("None", "null", "0")
    } == {404}


async def test_guessing_ends_after_fifty_tries(make, new_browser, browser, owner):
    number, secret = await written(make, new_browser)
    await open_receipt(browser, number, "FALSCH")
    copy = 'INSERT INTO attempts ("limit", key, at) SELECT "limit", key, at FROM attempts, generate_series(1, 49)'
    await owner.execute(f"{copy} WHERE \"limit\" = 'receipt_address'")

    page = await open_receipt(browser, number, secret)

    assert (page.status, page.headers["retry-after"], secret in page.text) == (429, "900", False)


async def test_the_secret_never_stands_in_an_address(make, new_browser, browser):
    number, secret = await written(make, new_browser)

    page = await open_receipt(browser, number, secret)

    addresses = [tag.get(name, "") for tag in page.soup.find_all() for name in ("href", "src", "action")]
    assert [address for address in addresses if secret in address] == []
    assert (await browser.get(f"/beitrag?nummer={number}&secret={secret}")).text.count(secret) == 0


# --- the same form twice ----------------------------------------------------------------------------


@pytest.mark.parametrize("checks_first", [True, False])
async def test_twelve_equal_submits_are_one_comment_with_one_receipt(
    browser, make, database, work, checks_first
):
    thread, once = await make.thread(checks_first=checks_first), str(uuid4())
    await browser.sign_in(await make.citizen())

    receipts = await asyncio.gather(*(write(browser, thread, once=once) for _ in range(12)))

    await work()

    assert receipts == [receipts[0]] * 12
    assert await statuses(database) == ["pending" if checks_first else "published"]
    async with database.reading() as db:
        assert (await db.execute(select(func.count(JournalEntry.id)))).scalar_one() == (
            0 if checks_first else 1
        )


async def test_equal_submits_at_the_limit_get_the_same_receipt(browser, make, database):
    thread, person, once = await make.thread(), await make.citizen(), str(uuid4())
    for _ in range(9):
        await make.comment(thread, person, created_at=clock.now())
    await browser.sign_in(person)

    receipts = await asyncio.gather(*(write(browser, thread, once=once) for _ in range(12)))

    assert receipts == [receipts[0]] * 12
    assert len(await statuses(database)) == 10


async def test_an_equal_submit_later_gets_the_same_receipt_even_after_the_end(browser, make, database, owner):
    thread, once = await make.thread(), str(uuid4())
    await browser.sign_in(await make.citizen())
    first = await write(browser, thread, once=once)
    await owner.execute("UPDATE threads SET closes_at = now()")

    assert await write(browser, thread, once=once, text=f"  {TEXT}\r\n") == first
    assert await statuses(database) == ["pending"]


async def test_another_text_in_the_same_form_is_another_comment_with_its_own_receipt(browser, make, database):
    thread, once = await make.thread(), str(uuid4())
    await browser.sign_in(await make.citizen())

    receipts = [await write(browser, thread, once=once, text=text) for text in ("Eins", "Zwei", "Eins")]

    assert receipts[0] == receipts[2]
    assert [first != second for first, second in zip(*receipts[:2], strict=True)] == [True, True]
    assert (await open_receipt(browser, *receipts[1])).words("blockquote") == "Zwei"
    assert await statuses(database) == ["pending", "pending"]


async def test_another_text_after_the_end_is_kept_and_not_acknowledged(browser, make, database, owner):
    thread, once = await make.thread(), str(uuid4())
    await browser.sign_in(await make.citizen())
    await write(browser, thread, once=once)
    await owner.execute("UPDATE threads SET closes_at = now()")

    page = await browser.post(f"/faden/{thread.id}/schreiben", text="Noch etwas anderes", once=once)

    assert (page.status, page.select(".receipt"), "Noch etwas anderes" in page.text) == (409, [], True)


ARRIVED, KNOWN = "Danke, Ihr Beitrag ist angekommen", "Diesen Beitrag haben Sie schon geschickt"


@pytest.mark.parametrize(
    ("status", "heading", "first"),
    [
        ("pending", ARRIVED, "Ein Mensch prüft Ihren Beitrag – in der Regel innerhalb eines Werktags."),
        ("published", ARRIVED, "Ihr Beitrag ist schon zu lesen."),
        ("rejected", KNOWN, "Er ist geprüft und nicht zu lesen. Warum, steht beim Stand des Beitrags."),
        ("hidden", KNOWN, "Er ist geprüft und nicht zu lesen. Warum, steht beim Stand des Beitrags."),
        (
            "withdrawn",
            KNOWN,
            "Sie haben ihn zurückgezogen. Er ist nicht mehr zu lesen; schreiben Sie gern einen neuen.",
        ),
    ],
)
async def test_a_receipt_shown_again_says_how_things_stand(browser, make, owner, status, heading, first):
    thread, once = await make.thread(), str(uuid4())
    await browser.sign_in(await make.citizen())
    await write(browser, thread, once=once)
    for step in {"hidden": ["published", "hidden"]}.get(status, [status]):
        await owner.execute("UPDATE comments SET status = $1, published_at = now()", step)

    page = await browser.post(f"/faden/{thread.id}/schreiben", text=TEXT, once=once)

    assert (page.words("h1"), page.words(".nexts li:first-child")) == (heading, first)
    assert len(page.select(".nexts li")) == (3 if heading == ARRIVED else 1)


async def test_another_persons_key_makes_another_comment(new_browser, make, database):
    thread, once, receipts = await make.thread(), str(uuid4()), []
    for _ in range(2):
        browser = new_browser()
        await browser.sign_in(await make.citizen())
        receipts.append(await write(browser, thread, once=once))

    assert len({number for number, _ in receipts}) == len({secret for _, secret in receipts}) == 2
    assert await statuses(database) == ["pending", "pending"]


async def test_replies_share_no_receipt_with_their_comment(browser, make, database):
    comment, once = await make.comment(), str(uuid4())
    await browser.sign_in(await make.citizen())
    address = f"/beitraege/{comment.number}/antworten"

    pages = await asyncio.gather(*(browser.post(address, text=TEXT, once=once) for _ in range(12)))

    assert len({page.words(".receipt__secret") for page in pages}) == 1
    assert sorted(await statuses(database)) == ["pending", "published"]


# --- what is stored ---------------------------------------------------------------------------------


async def test_the_secret_is_stored_nowhere(make, new_browser, browser, database, owner):
    number, secret = await written(make, new_browser)
    await open_receipt(browser, number, secret)
    await decide(make, database, "publish")
    await open_receipt(browser, number, secret, action="withdraw")

    tables = await owner.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    dumps = [await owner.fetch(f'SELECT t::text FROM "{table[0]}" t') for table in tables]
    stored = "\n".join(row[0] for dump in dumps for row in dump)

    bare = secret.replace("-", "")
    assert [word in stored for word in (number, tokens.digest(bare).hex())] == [True, True]
    assert [word in stored for word in (secret, bare, bare.lower(), bare.encode().hex())] == [False] * 4


def test_secrets_differ_by_key_person_and_form():
    key, once = KEY.encode(), str(uuid4())
    parts = [
        (key, "1", once),
        (key, "2", once),
        (key, "1", str(uuid4())),
        (b"x" * 32, "1", once),
        (key, "1" + once),
    ]

    secrets = [tokens.receipt_secret(*part) for part in parts]

    assert len(set(secrets)) == len(secrets)
    assert tokens.receipt_secret(*parts[0]) == secrets[0]
