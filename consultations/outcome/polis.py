"""Takes over a conversation from Polis: people, comments, votes and decisions, in one transaction."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from anyio import to_thread
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from consultations.outcome import bulk, polis_files
from consultations.outcome.frame import Frame, create, free_slug, phase, slug_of
from consultations.outcome.polis_files import PEOPLE, Conversation
from consultations.tables import Consultation
from dialogue import journal
from dialogue.kit import clock
from dialogue.kit.messages import number
from dialogue.kit.text import excerpt
from dialogue.tables import Comment, Person, Vote
from moderation.tables import Decision

Say = Callable[[str], None]
STATUSES = {1: "published", 0: "pending", -1: "rejected"}
LONGEST_TITLE = 200
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CREDIT = "Daten: Polis-Export, CC BY 4.0, The Computational Democracy Project (compdemocracy.org/polis)"
CASES = "https://compdemocracy.org/case-studies/"
# The conversations that the Computational Democracy Project publishes, by their address on Polis.
OPEN_DATA = {
    "https://pol.is/2demo": "2014-seattle-15-per-hour",
    "https://pol.is/9wtchdmmun": "2018-kentucky",
    "https://pol.is/5twd2jsnfk": "2022-Austria-Klimarat",
    "https://pol.is/5tzfrp5eaa": "2022-Austria-Klimarat",
    "https://pol.is/7wmvbjcjhp": "2017-brexit-consensus",
    "https://pol.is/9xxwa9jpkm": "2022-london-youth-policing",
    "https://pol.is/3atycmhmer": "2019-scoop-hivemind-biodiversity",
    "https://pol.is/2rumnecbeh": "2021-san-juan-island",
    "https://pol.is/3phdex2kjf": "2015-vtaiwan-uberx",
}
ABOUT = (
    "Diese Beteiligung fand nicht hier statt, sondern auf Polis ({place}). Beiträge und Stimmen sind übernommen, "
    "samt der Entscheidung, was veröffentlicht wurde. Mitmachen ist hier nicht mehr möglich."
)
UNTIMED = " Wann die einzelnen Stimmen abgegeben wurden, ist nicht überliefert."
UNVOTED = " Stimmen enthielt der Export nicht."


async def load(db: AsyncConnection, folder: Path, say: Say) -> str:
    """Store a Polis export and return the consultation's slug; the same export again changes nothing.

    Raises polis_csv.Broken, with file, line and column, before anything is stored.
    """
    say(f"{folder.name} wird gelesen …")
    conversation = await to_thread.run_sync(polis_files.read, folder)
    await bulk.alone(db)
    known = select(Consultation.slug).where(Consultation.import_digest == conversation.digest)
    if (slug := (await db.execute(known)).scalar()) is not None:
        say(f"Dieser Export ist schon da: {slug}")
        return str(slug)
    slug = await free_slug(db, slug_of(conversation.topic, "polis"))
    thread_id = await create(db, slug, _frame(conversation))
    people = await _people(db, conversation, say)
    comments = await _comments(db, thread_id, conversation, people, say)
    await _votes(db, conversation, people, comments, say)
    counts = {"people": len(people), "comments": len(comments), "votes": len(conversation.votes)}
    await journal.record(
        db, "consultation.imported", f"consultation:{slug}", digest=conversation.digest, **counts
    )
    say(f"Fertig: {slug}")
    return slug


def _frame(conversation: Conversation) -> Frame:
    first, last = (_moment(at).astimezone(clock.BERLIN).date() for at in conversation.span)
    case = OPEN_DATA.get(conversation.url)
    gap = UNVOTED if not conversation.votes else "" if conversation.timed else UNTIMED
    return Frame(
        title=excerpt(conversation.topic, LONGEST_TITLE),
        lead="Eine abgeschlossene Beteiligung, übernommen aus Polis.",
        about=ABOUT.format(place=excerpt(conversation.url, LONGEST_TITLE) or "pol.is") + gap,
        first=first,
        last=last,
        checks_first=True,
        letter="I",
        question=conversation.description or conversation.topic,
        rationale="Mit diesem Text begann die Beteiligung auf Polis.",
        phases=(
            phase("participation", "Mitreden", "Auf Polis wurde geschrieben und abgestimmt.", first, last),
            phase("result", "Ergebnis", "Die Beteiligung ist abgeschlossen.", last + timedelta(days=1), None),
        ),
        attribution=f"{CREDIT}, {CASES}{case}" if case else "",
        digest=conversation.digest,
    )


def _moment(milliseconds: int) -> datetime:
    return EPOCH + timedelta(milliseconds=milliseconds)


async def _people(db: AsyncConnection, conversation: Conversation, say: Say) -> dict[int, int]:
    """Everyone who voted or wrote, since when they are known; returns Polis' id → ours."""
    since: dict[int, int] = {}
    for said in conversation.comments:
        since[said.author] = min(said.at, since.get(said.author, said.at))
    last = conversation.span[1]
    for key, (at, _) in conversation.votes.items():
        person = key % PEOPLE
        since[person] = min(at or last, since.get(person, last))
    ids = dict(zip(sorted(since), await bulk.ids(db, Person, len(since)), strict=True))
    name = f"polis:{conversation.digest[:12]}"
    rows = ((ids[key], "import", f"{name}:{key}", _moment(at)) for key, at in since.items())
    await bulk.copy(db, Person, ["id", "source", "external", "created_at"], rows)
    say(f"Personen: {number(len(ids))}")
    return ids


async def _comments(
    db: AsyncConnection, thread_id: int, conversation: Conversation, people: dict[int, int], say: Say
) -> dict[int, int]:
    """Comments and the decisions on the rejected ones; returns Polis' id → ours."""
    said = conversation.comments
    ids = dict(zip((each.id for each in said), await bulk.ids(db, Comment, len(said)), strict=True))
    rows = []
    for each, public_number in zip(said, await bulk.numbers(db, len(said)), strict=True):
        status, at = STATUSES[each.moderated], _moment(each.at)
        # A decision counts as a revision, as it does for one made here: a later "restore" finds its place.
        fixed = ids[each.id], public_number, thread_id, people[each.author], "import", each.text, status
        rows.append((*fixed, 2 if status == "rejected" else 1, at, at if status == "published" else None))
    columns = ["id", "number", "thread_id", "author_id", "source", "text", "status", "revision"]
    await bulk.copy(db, Comment, [*columns, "created_at", "published_at"], rows)
    decided = (
        (ids[each.id], 1, sha256(each.text.encode()).digest(), "reject", "übernommen", "import")
        for each in said
        if STATUSES[each.moderated] == "rejected"
    )
    columns = ["comment_id", "revision", "snapshot", "decision", "reasons", "origin"]
    rejected = await bulk.copy(db, Decision, columns, decided)
    say(f"Beiträge: {number(len(said))}, davon abgelehnt: {number(rejected)}")
    return ids


async def _votes(
    db: AsyncConnection,
    conversation: Conversation,
    people: dict[int, int],
    comments: dict[int, int],
    say: Say,
) -> None:
    """The votes that count, comment by comment; without times all bear that of the last comment."""
    last = conversation.span[1]
    rows = (
        (comments[key // PEOPLE], people[key % PEOPLE], value, "import", _moment(at or last))
        for key, (at, value) in sorted(conversation.votes.items())
    )
    stored = await bulk.copy(db, Vote, ["comment_id", "person_id", "value", "source", "cast_at"], rows)
    say(f"Stimmen: {number(stored)}, aus Ereignissen: {number(conversation.events)}")
