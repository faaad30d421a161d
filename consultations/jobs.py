"""The worker's table of contents: job name → what it does, for all floors."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from anyio import to_thread
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from consultations import appearance
from consultations.analysis import indexing, sentiment
from consultations.outcome import exports
from dialogue import absences, accounts, guests, jobs, journal, limits, notices, people, proof
from dialogue.kit import clock, mail
from dialogue.kit import jobs as log
from dialogue.kit.database import Record
from dialogue.kit.jobs import Context, Kind
from dialogue.tables import Comment, Thread
from dialogue.web import House
from moderation import appeals, audits, claims, digests, flags, hints, masking, reading, records, watch


async def send_mail(context: Context) -> None:
    """Render and send one mail. The link is stored before the mail leaves, so that it always works."""
    house: House = context.resources["house"]
    template, origin = context.args["template"], house.settings.origin
    async with context.database.writing() as db:
        about = {
            name: await load(db, context.args[name]) for name, load in ABOUT.items() if name in context.args
        }
        to = about["person"] if "person" in about else about["flag"]
        if to is None or not to.email or not notices.holds(template, to):
            return
        link = await notices.link(db, template, to.id, origin)
    text = house.templates.get_template(f"mail/{template}.txt").render(link=link, origin=origin, **about)
    await house.post.send(mail.compose(text, to.email, str(context.lease_id)))


async def digest(context: Context) -> None:
    """Tell one moderator what waits for them when the mail leaves; nothing when by then nothing does."""
    house: House = context.resources["house"]
    person_id, hours = context.args["person"], house.city.moderation.answer_within_hours
    async with context.database.reading() as db:
        person = await notices.recipient(db, person_id)
        waits = await digests.of(db, person_id)
    if person is None or not person.email or waits is None:
        return
    text = house.templates.get_template("mail/waiting.txt").render(
        waits=waits,
        late=context.args["late"] and waits.longer_than(timedelta(hours=hours)),
        hours=hours,
        origin=house.settings.origin,
    )
    await house.post.send(mail.compose(text, person.email, str(context.lease_id)))


async def tell(context: Context) -> None:
    """Order the mails to moderators that are due."""
    house: House = context.resources["house"]
    async with context.database.writing() as db:
        await digests.send(db, timedelta(hours=house.city.moderation.answer_within_hours))


async def look(context: Context) -> None:
    """Look at yesterday's votes for what moderators should look at."""
    day = clock.today() - timedelta(days=1)
    async with context.database.snapshot() as db:
        found = await watch.find(db, day)
    async with context.database.writing() as db:
        await hints.note(db, found)


async def _comment(db: AsyncConnection, comment_id: int) -> Record:
    query = select(Comment.number, Comment.text, Thread.title).join(Thread, Thread.id == Comment.thread_id)
    return (await db.execute(query.where(Comment.id == comment_id))).one()


# What a mail is to and about, as it stands when it is written: the queue holds ids and no words. It goes to a
# person, or to the address somebody left with a notice.
ABOUT: dict[str, Callable[[AsyncConnection, int], Awaitable[Any]]] = {
    "person": notices.recipient,
    "flag": flags.one,
    "comment": _comment,
    "decision": records.one,
    "absence": absences.one,
}


async def score(context: Context) -> None:
    """Sentiment of one published comment; a second run changes nothing."""
    await sentiment.score_comment(context.database, context.args["comment"])


async def words(context: Context) -> None:
    """The compounds of one published comment, for the search."""
    await indexing.comment(context.database, context.args["comment"])


async def index(context: Context) -> None:
    """All compounds the search does not know yet: of points, and of what came by import."""
    await indexing.everything(context.database)


async def triage(context: Context) -> None:
    """What the rules could not see in a contribution; publishes it where nothing was noticed and none must look."""
    await reading.read(context.database, context.args["comment"], context.args["revision"])


async def audit(context: Context) -> None:
    """Draw, once a day, from what triage let pass."""
    async with context.database.writing() as db:
        await audits.draw(db)


async def export(context: Context) -> None:
    """An export file, written under a fresh name and then moved: no half file under a finished name."""
    house: House = context.resources["house"]
    await exports.run(context.database, house.settings, context.args["job"])


async def heads(context: Context) -> None:
    """Publish the journal's head of the day that is over: every hour, so that a worker that was down catches up."""
    async with context.database.writing() as db:
        await journal.publish_heads(db)


async def sweep(context: Context) -> None:
    """Forget what has had its time; files first, for a row without its file says that it is gone."""
    house: House = context.resources["house"]
    await to_thread.run_sync(exports.sweep_files, house.settings)
    async with context.database.writing() as db:
        for forget in SWEEPS:
            await forget(db)


SWEEPS = (
    limits.sweep,
    accounts.sweep,
    guests.sweep,
    proof.sweep,
    people.sweep,
    absences.sweep,
    claims.sweep,
    masking.sweep,
    hints.sweep,
    flags.sweep,
    appeals.sweep,
    jobs.sweep,
    log.sweep,
    appearance.sweep,
)


LIST = {
    "mail": Kind(send_mail, attempts=8),
    "digest": Kind(digest, attempts=8),
    "digests": Kind(tell, attempts=3, at_once=1, every="*/5 * * * *"),
    "sentiment": Kind(score, attempts=3, at_once=1),
    "triage": Kind(triage, attempts=5, at_once=1),
    "audit": Kind(audit, attempts=5, at_once=1, every="27 3 * * *"),
    "words": Kind(words, attempts=3, at_once=1),
    "hints": Kind(look, attempts=3, at_once=1, every="37 2 * * *"),
    "index": Kind(index, attempts=3, at_once=1, every="47 3 * * *"),
    "export": Kind(export, attempts=3, at_once=1),
    "heads": Kind(heads, attempts=3, at_once=1, every="7 * * * *"),
    "sweep": Kind(sweep, attempts=1, every="17 3 * * *"),
}
