"""One case: read it, take it, decide it, and go on to the next."""

from dataclasses import replace
from functools import partial
from typing import Any

from starlette.responses import Response
from wtforms import StringField, TextAreaField

from dialogue.kit.database import Record
from dialogue.kit.errors import Conflict, Invalid, NotFound
from dialogue.kit.forms import GermanForm, WholeField, plain
from dialogue.roles import MODERATORS
from dialogue.web import Page, get, path, post
from moderation import cases, claims, decisions, filters, masking, matters, queue, records, rules
from moderation.pages.queue import listed, own_decision, show_list
from moderation.triage import marks


class DecisionForm(GermanForm):
    rule = WholeField("Regel")
    reasons = TextAreaField("Begründung an die Autorin oder den Autor", filters=[plain])
    places = TextAreaField("Zu schwärzende Stellen", filters=[plain])
    revision = WholeField("Fassung")


class EntryForm(GermanForm):
    entry = StringField("Beitragsnummer", filters=[plain])


async def found(page: Page) -> Record:
    """The contribution this address names, where the person moderates."""
    return await cases.find(page.db, page.params["number"], page.viewer)


def asked(page: Page) -> dict[str, str]:
    """What keeps the moderator's filter in the address of what comes next."""
    return filters.Asked.read(page.query).fields


async def case(page: Page) -> Response:
    return await show(page, await found(page), done=await own_decision(page))


async def show(
    page: Page,
    comment: Record,
    *,
    form: DecisionForm | None = None,
    entry: EntryForm | None = None,
    original: str | None = None,
    done: Any = None,
    status: int = 200,
) -> Response:
    """The case beside the list: everything a decision needs."""
    history, matter = await records.history(page.db, comment.id), await matters.of(page.db, comment.id)
    if comment.author_id == page.me.id:
        matter = replace(matter, flags=())  # who reported one's own words is nobody's business
    against = next((each for each in history if each.decision in records.AGAINST), None)
    can = decisions.possible(comment, matter)
    fresh = DecisionForm(
        data={"revision": comment.revision, "places": marks.personal(comment.text, comment.signs)}
    )
    context: dict[str, Any] = {
        "case": comment,
        "pieces": marks.pieces(comment.text, comment.signs),
        "held": comment.holder_id not in {None, page.me.id},
        "rules": await rules.of(page.db, comment.thread_id),
        "history": history,
        "earlier": await cases.earlier(page.db, comment.id, page.viewer) if comment.author_id else [],
        "matter": matter,
        "can": can,
        "answering": matter.appeal is not None,
        "barred": decisions.barred(page.me.id, comment, against, matter),
        "reads_original": _may_read_original(page, comment, matter),
        "original": original,
        "form": form or fresh,
        "entry": entry or EntryForm(),
        "alike": [word for sign in comment.signs if sign["kind"] == "duplicate" for word in sign["words"]],
    }
    return page.render("moderation/case.html", status=status, done=done, **context, **await listed(page))


async def claim(page: Page) -> Response:
    comment = await found(page)
    await decisions.claim(page.db, page.me, comment)
    return page.redirect(path("case", number=comment.number, **asked(page)))


async def decide(page: Page) -> Response:
    """One decision, and on to the next case: in place at once, else by its address."""
    comment = await found(page)
    kind = page.choice("decision", {kind: kind for kind in decisions.KINDS})
    form = page.filled(DecisionForm)
    ruling = decisions.Ruling(
        kind, form.revision.data or 0, form.rule.data, form.reasons.data or "", form.places.data or ""
    )
    following = await queue.following(page.db, page.viewer, filters.Asked.read(page.query), comment.id)
    try:
        async with decisions.deciding(page.db, page.me, comment, ruling):
            answer = await _onward(page, {"number": comment.number, "decision": kind}, following)
    except Invalid as error:
        form.refuse(error)
        return await show(page, comment, form=form, status=422)
    except Conflict as refusal:
        return await overtaken(page, comment, refusal, form, following)
    if following:
        # The next one is taken as well, so that two who work at once do not get the same.
        page.later(partial(_take_quietly, moderator_id=page.me.id, comment_id=following.id))
    return answer


async def _onward(page: Page, done: dict[str, str], following: Record | None) -> Response:
    place = asked(page)
    name, values = ("case", {"number": following.number}) if following else ("queue", {})
    if not page.is_htmx:
        return page.redirect(path(name, erledigt=done["number"], **values, **place))
    if following:
        answer = await show(page, await cases.find(page.db, following.number, page.viewer), done=done)
    else:
        answer = await show_list(page, done=done)
    answer.headers["hx-push-url"] = path(name, **values, **place)
    return answer


async def _take_quietly(db: Any, moderator_id: int, comment_id: int) -> None:
    await claims.take_free(db, moderator_id, comment_id)


async def overtaken(
    page: Page, comment: Record, refusal: Conflict, form: DecisionForm, following: Record | None
) -> Response:
    """What stands in the way of a decision, what was typed, and the way to the next case."""
    now = await cases.find(page.db, comment.number, page.viewer)
    return page.render(
        "moderation/overtaken.html",
        status=409,
        refusal=refusal,
        again=isinstance(refusal, claims.Held),
        case=now,
        following=following,
        place=asked(page),
        kind=page.form.get("decision"),
        form=form,
    )


def _may_read_original(page: Page, comment: Record, matter: matters.Matter) -> bool:
    """Who decides an appeal against the blacking out, and nobody else."""
    appeal = matter.appeal
    return bool(
        appeal
        and appeal["contested"] == "publish_masked"
        and page.me.id not in {appeal["decided_by"], comment.author_id}
        and comment.original_kept
    )


async def original(page: Page) -> Response:
    """The text before the blacking out, on this one answer; each time is an entry of the journal."""
    comment = await found(page)
    if not _may_read_original(page, comment, await matters.of(page.db, comment.id)):
        raise NotFound
    await claims.take(page.db, page.me.id, comment.id)  # who reads it decides: nobody else meanwhile
    text = await masking.original(page.db, comment.id)
    answer = await show(page, comment, original=text)
    await masking.note_read(page.db, comment, page.me.id)
    return answer


ROUTES = [
    get("/moderation/{number}", case, name="case", access=MODERATORS),
    post("/moderation/{number}/uebernehmen", claim, name="claim", access=MODERATORS),
    post("/moderation/{number}/entscheiden", decide, name="decide", access=MODERATORS),
    post("/moderation/{number}/original", original, name="original", access=MODERATORS),
]
