"""Decisions: a person publishes, rejects, hides, masks, keeps or restores, with rule and reasons, in one record.

Where contributions are checked later, triage publishes those it noticed nothing in: a record as well.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import bindparam, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue import comments, journal
from dialogue.accounts import Current
from dialogue.kit import jobs
from dialogue.kit.database import Record
from dialogue.kit.errors import Conflict, Invalid
from dialogue.kit.text import length, normalise, readable
from dialogue.tables import Actor
from moderation import claims, masking, matters, records, rules
from moderation.matters import NOTHING, Matter
from moderation.records import AGAINST
from moderation.tables import Decision
from moderation.triage import signs

# What the comment is afterwards; "keep" leaves it as it is.
LEADS_TO = {
    "publish": "published",
    "publish_masked": "published",
    "reject": "rejected",
    "hide": "hidden",
    "restore": "published",
}
FROM = {
    "publish": {"pending"},
    "publish_masked": {"pending", "published"},
    "reject": {"pending"},
    "hide": {"published"},
    "restore": {"hidden", "rejected"},
}
KINDS = (*LEADS_TO, "keep")
NOTED = {"keep": "comment.kept", "publish_masked": "comment.masked"}  # else by the status it leads to
SHORTEST_REASONS, LONGEST_REASONS = 20, 2_000
OWN_DECISION = (
    "Diese Entscheidung war Ihre eigene. Wiederherstellen darf sie nur jemand anderes aus der Moderation."
)
OWN_APPEALED = (
    "Die Beschwerde richtet sich gegen Ihre eigene Entscheidung. Darüber entscheidet jemand anderes."
)
UNSEEN = f"Der Vorprüfung (Fassung {signs.VERSION}) ist in diesem Beitrag nichts aufgefallen."


@dataclass(frozen=True)
class Ruling:
    """What a moderator decided: kind, the revision they saw, rule and reasons, and the words to black out."""

    kind: str
    revision: int
    rule_id: int | None = None
    reasons: str = ""
    places: str = ""


class Barred(Conflict):
    """Not this case, not this person: nothing about that changes by asking again."""

    title = "Das entscheiden nicht Sie"
    may_pass = False


def possible(comment: Record, matter: Matter = NOTHING) -> list[str]:
    """The decisions that the comment's status and what is open about it allow: an appeal is answered first."""
    if comment.erased_at is not None:
        return ["keep"] if matter.is_open else []
    if matter.appeal is not None:
        return ["restore", "keep"]
    kinds = [kind for kind, statuses in FROM.items() if comment.status in statuses]
    if matter.is_open and comment.status != "pending":
        kinds.append("keep")
    return kinds


def barred(moderator_id: int, comment: Record, against: Record | None, matter: Matter = NOTHING) -> str:
    """Why this person cannot decide the case after the last decision against it; empty when they can."""
    if comment.author_id == moderator_id:
        return "Das ist Ihr eigener Beitrag. Darüber entscheidet jemand anderes."
    if not possible(comment, matter):
        return "Dieser Beitrag wurde zurückgezogen. Zu entscheiden ist daran nichts mehr."
    if matter.appeal is not None and matter.appeal["decided_by"] == moderator_id:
        return OWN_APPEALED
    if comment.status in FROM["restore"] and against is not None and against.person_id == moderator_id:
        return OWN_DECISION
    return ""


async def claim(
    db: AsyncConnection, moderator: Current, comment: Record, matter: Matter | None = None
) -> None:
    """Take a case for 15 minutes: only one that the person may decide, else it would be closed to all."""
    matter = matter or await matters.of(db, comment.id)
    if reason := barred(moderator.id, comment, await records.against(db, comment.id), matter):
        raise Barred(reason)
    await claims.take(db, moderator.id, comment.id)


@dataclass(frozen=True)
class Taken:
    """A decision that has taken effect: its id, and what the journal says of it (nothing: it was there already)."""

    id: int
    action: str = ""
    subject: str = ""
    detail: Mapping[str, Any] | None = None


@asynccontextmanager
async def deciding(
    db: AsyncConnection, moderator: Current, comment: Record, ruling: Ruling
) -> AsyncIterator[int]:
    """Record a decision, let it take effect in the caller's transaction, and give its id.

    It answers all that is open about the comment: notices, an appeal, the audit. Raises Conflict when somebody
    was faster, Barred when the comment is one's own or a restore would undo one's own decision, Invalid when
    rule, reasons or the words to black out are missing. The same decision again gives the first.

    The block is for the answer: the journal's entry comes after it, because it holds a lock until the commit.
    """
    taken = await take(db, moderator, comment, ruling)
    yield taken.id
    await note(db, moderator, taken)


async def decide(db: AsyncConnection, moderator: Current, comment: Record, ruling: Ruling) -> int:
    """The same with nothing to answer: returns the decision's id."""
    async with deciding(db, moderator, comment, ruling) as decision_id:
        return decision_id


async def take(db: AsyncConnection, moderator: Current, comment: Record, ruling: Ruling) -> Taken:
    """Let a decision take effect; what refuses it leaves nothing behind. `note` comes at the end."""
    try:
        return await _effective(db, moderator, comment, ruling)
    except Conflict as refusal:
        made = await _made(db, moderator, comment, ruling)
        if made is not None or not isinstance(refusal, claims.Held):
            await claims.release(db, moderator.id, comment.id)
        if made is None:
            raise
        return Taken(made)


async def note(db: AsyncConnection, moderator: Current, taken: Taken) -> None:
    """The journal's entry of a decision, last in the transaction."""
    if taken.detail is not None:
        await journal.record(db, taken.action, taken.subject, person_id=moderator.id, **taken.detail)


_MADE = (
    select(Decision.id)
    .join(Actor, Actor.id == Decision.actor_id)
    .where(
        Decision.comment_id == bindparam("comment"),
        Decision.revision == bindparam("seen"),
        Decision.decision == bindparam("kind"),
        Actor.person_id == bindparam("me"),
    )
)


async def _made(db: AsyncConnection, moderator: Current, comment: Record, ruling: Ruling) -> int | None:
    """The same decision by the same person on the same text, if there is one: a button pressed twice."""
    values = {"comment": comment.id, "seen": ruling.revision, "kind": ruling.kind, "me": moderator.id}
    return (await db.execute(_MADE, values)).scalar()


async def _effective(db: AsyncConnection, moderator: Current, comment: Record, ruling: Ruling) -> Taken:
    await matters.hold(db, comment.id)
    matter = await matters.of(db, comment.id)
    await _check(db, moderator, comment, ruling, matter)
    answers = matter.origin(ruling.kind, comment.status)
    rule = await rules.named(db, ruling.rule_id, comment.thread_id) if ruling.kind in AGAINST else None
    reasons = given(ruling.reasons, needed=ruling.kind in AGAINST or answers["origin"] == "appeal")
    actor_id = await journal.actor(
        db, moderator.id
    )  # before rows are held: a first entry may wait for another
    await _take_effect(db, comment, ruling, reasons)
    decision_id = await _insert(
        db,
        comment.id,
        comment.text,
        revision=ruling.revision,
        decision=ruling.kind,
        rule_id=rule.id if rule else None,
        reasons=reasons,
        actor_id=actor_id,
        detected=bool(comment.signs),
        **answers,
    )
    if ruling.kind == "publish_masked":
        await masking.put_aside(db, comment, decision_id)
    await matters.settle(db, comment.id, decision_id, matter, answers["origin"])
    await claims.release(db, moderator.id, comment.id)
    await _tell(db, comment, ruling.kind, answers["origin"], decision_id)
    told = {"before": comment.status, "decision": ruling.kind, "origin": answers["origin"]}
    action = NOTED.get(ruling.kind) or f"comment.{LEADS_TO[ruling.kind]}"
    return Taken(decision_id, action, f"comment:{comment.number}", told | proof(decision_id, rule, reasons))


def proof(decision_id: int, rule: Record | None, reasons: str) -> dict[str, Any]:
    """What the journal says of a decision's record: the reasons only as a checksum, for it is for ever."""
    return {
        "record": decision_id,
        "rule": rule.number if rule else None,
        "rulebook": rule.version if rule else None,
        "reasons_sha256": sha256(reasons.encode()).hexdigest() if reasons else None,
    }


async def _take_effect(db: AsyncConnection, comment: Record, ruling: Ruling, reasons: str) -> None:
    text = None
    if ruling.kind == "publish_masked":
        text = masking.blacked_out(comment.text, ruling.places)
        masking.must_not_tell(reasons, ruling.places)
    elif ruling.kind == "restore" and comment.status == "published":
        text = await masking.kept(db, comment.id)
    to = LEADS_TO.get(ruling.kind, comment.status)
    change = comments.stay if to == comment.status else comments.move
    await change(db, comment.id, ruling.revision, to, text=_noticed(text))
    if text is not None and ruling.kind == "restore":
        await masking.forget(db, comment.id)


def _noticed(text: str | None) -> comments.Text | None:
    """A new text with its own signs: those of the old one name the words that stood there."""
    return None if text is None else comments.Text(text, [sign.stored() for sign in signs.judge(text)])


async def _tell(db: AsyncConnection, comment: Record, kind: str, origin: str, decision_id: int) -> None:
    """A mail to the author of what changed, and of the answer to an appeal; none about what stays as it is."""
    if (
        comment.author_id
        and comment.source in {"account", "guest"}
        and (kind != "keep" or origin == "appeal")
    ):
        about = {"comment": comment.id, "decision": decision_id}
        await jobs.enqueue(db, "mail", template=f"decision_{kind}", person=comment.author_id, **about)


async def _check(
    db: AsyncConnection, moderator: Current, comment: Record, ruling: Ruling, matter: Matter
) -> None:
    if ruling.kind not in possible(comment, matter):
        raise Conflict("Dieser Beitrag wurde inzwischen entschieden. Bitte laden Sie ihn neu.")
    await claim(db, moderator, comment, matter)


def given(reasons: str, *, needed: bool) -> str:
    """The reasons as people will read them, or Invalid. Kept in the decision alone: the journal is for ever."""
    reasons = normalise(reasons)
    if needed and readable(reasons) < SHORTEST_REASONS:
        raise Invalid(
            f"Bitte begründen Sie die Entscheidung mit mindestens {SHORTEST_REASONS} Zeichen.",
            field="reasons",
        )
    if length(reasons) > LONGEST_REASONS:
        raise Invalid("Bitte fassen Sie die Begründung kürzer: höchstens 2 000 Zeichen.", field="reasons")
    return reasons


async def _insert(db: AsyncConnection, comment_id: int, text: str, **values: Any) -> int:
    record = insert(Decision).values(comment_id=comment_id, snapshot=sha256(text.encode()).digest(), **values)
    return int((await db.execute(record.returning(Decision.id))).scalar_one())


async def publish_unseen(db: AsyncConnection, comment: Record) -> None:
    """Publish a contribution in which triage noticed nothing: the one decision without a person."""
    await comments.move(db, comment.id, comment.revision, "published")
    decision_id = await _insert(
        db,
        comment.id,
        comment.text,
        revision=comment.revision,
        decision="publish",
        reasons=UNSEEN,
        origin="triage",
        automated=True,
    )
    await journal.record(
        db,
        "comment.published",
        f"comment:{comment.number}",
        by="triage",
        before="pending",
        decision="publish",
        record=decision_id,
    )
