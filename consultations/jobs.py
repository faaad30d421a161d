"""The worker's table of contents: job name → what it does, for all floors."""

from typing import Any

from anyio import to_thread
from sqlalchemy import select

from consultations import appearance
from consultations.analysis import indexing, sentiment
from consultations.outcome import exports
from dialogue import absences, accounts, guests, jobs, limits, notices, people, proof
from dialogue.kit import jobs as log
from dialogue.kit import mail
from dialogue.kit.jobs import Context, Kind
from dialogue.tables import Comment, Thread
from dialogue.web import House
from moderation import masking, queue, records


async def send_mail(context: Context) -> None:
    """Render and send one mail. The link is stored before the mail leaves, so that it always works."""
    house: House = context.resources["house"]
    template, person_id = context.args["template"], context.args["person"]
    async with context.database.writing() as db:
        person = await notices.recipient(db, person_id)
        if person is None or not person.email or not notices.holds(template, person):
            return
        about = await _about(db, **{key: context.args.get(key) for key in ("comment", "decision", "absence")})
        link = await notices.link(db, template, person_id, house.settings.origin)
    text = house.templates.get_template(f"mail/{template}.txt").render(
        person=person, link=link, origin=house.settings.origin, **about
    )
    await house.post.send(mail.compose(text, person.email, str(context.lease_id)))


async def _about(db: Any, comment: int | None, decision: int | None, absence: int | None) -> dict[str, Any]:
    """What a mail is about, as it stands now: the queue holds no words."""
    if absence is not None:
        return {"absence": await absences.one(db, absence)}
    if comment is None or decision is None:
        return {}
    query = select(Comment.number, Comment.text, Thread.title).join(Thread, Thread.id == Comment.thread_id)
    found = (await db.execute(query.where(Comment.id == comment))).one()
    return {"comment": found, "decision": await records.one(db, decision)}


async def score(context: Context) -> None:
    """Sentiment of one published comment; a second run changes nothing."""
    await sentiment.score_comment(context.database, context.args["comment"])


async def words(context: Context) -> None:
    """The compounds of one published comment, for the search."""
    await indexing.comment(context.database, context.args["comment"])


async def index(context: Context) -> None:
    """All compounds the search does not know yet: of points, and of what came by import."""
    await indexing.everything(context.database)


async def export(context: Context) -> None:
    """An export file, written under a fresh name and then moved: no half file under a finished name."""
    house: House = context.resources["house"]
    await exports.run(context.database, house.settings, context.args["job"])


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
    queue.sweep,
    masking.sweep,
    jobs.sweep,
    log.sweep,
    appearance.sweep,
)


LIST = {
    "mail": Kind(send_mail, attempts=8),
    "sentiment": Kind(score, attempts=3, at_once=1),
    "words": Kind(words, attempts=3, at_once=1),
    "index": Kind(index, attempts=3, at_once=1, every="47 3 * * *"),
    "export": Kind(export, attempts=3, at_once=1),
    "sweep": Kind(sweep, attempts=1, every="17 3 * * *"),
}
