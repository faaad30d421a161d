"""The moderators' working tool: what waits, one case, the decision; the journal; the Netiquette."""

from datetime import datetime
from typing import Any

from starlette.responses import Response
from wtforms import IntegerField, TextAreaField
from wtforms.validators import Optional

from dialogue import comments
from dialogue.kit.database import Record
from dialogue.kit.errors import Invalid
from dialogue.kit.forms import GermanForm
from dialogue.roles import EVERYONE, MODERATORS
from dialogue.web import Page, get, path, post
from moderation import decisions, matters, queue, records, rules
from moderation.triage import marks


class DecisionForm(GermanForm):
    rule = IntegerField("Regel", validators=[Optional()])
    reasons = TextAreaField("Begründung an die Autorin oder den Autor")
    places = TextAreaField("Zu schwärzende Stellen")
    revision = IntegerField("Fassung")


async def waiting(page: Page) -> Response:
    found = await queue.waiting(page.db, page.viewer, page.query.get("weiter", ""))
    return await _queue(page, waiting=found, first=await queue.following(page.db, page.viewer), case=None)


async def _queue(page: Page, *, status: int = 200, **context: Any) -> Response:
    """The tool, after a decision with what was decided: looked up, the address only names the contribution."""
    number = page.query.get("erledigt")
    done = await records.own(page.db, page.me.id, number) if number else None
    return page.render("moderation/queue.html", status=status, section="moderation", done=done, **context)


async def case(page: Page) -> Response:
    comment = await comments.by_number(page.db, page.params["number"], page.viewer, deciding=True)
    form = DecisionForm(data={"revision": comment.revision})
    return await _case(page, comment, form)


async def _case(page: Page, comment: Record, form: DecisionForm, status: int = 200) -> Response:
    history = await records.history(page.db, comment.id)
    around, matter = await queue.around(page.db, comment.id), await matters.of(page.db, comment.id)
    against = next((each for each in history if each.decision in records.AGAINST), None)
    context: dict[str, Any] = {
        "waiting": await queue.waiting(page.db, page.viewer, page.query.get("weiter", "")),
        "case": comment,
        "pieces": marks.pieces(comment.text, comment.signs),
        "around": around,
        "held": around.holder_id not in {None, page.me.id},
        "rules": await rules.of(page.db, comment.thread_id),
        "history": history,
        "matter": matter,
        "can": decisions.possible(comment, matter),
        "barred": decisions.barred(page.me.id, comment, against, matter),
        "form": form,
    }
    return await _queue(page, status=status, **context)


async def claim(page: Page) -> Response:
    comment = await comments.by_number(page.db, page.params["number"], page.viewer, deciding=True)
    await decisions.claim(page.db, page.me, comment)
    return page.redirect(path("case", number=comment.number))


async def decide(page: Page) -> Response:
    """One decision; then on to the next case."""
    comment = await comments.by_number(page.db, page.params["number"], page.viewer, deciding=True)
    kind = page.choice("decision", {kind: kind for kind in decisions.KINDS})
    form = page.filled(DecisionForm)
    form.validate()
    following = await queue.following(page.db, page.viewer, comment.id)  # before: the journal comes last
    try:
        ruling = decisions.Ruling(
            kind,
            form.revision.data or 0,
            form.rule.data,
            form.reasons.data or "",
            form.places.data or "",
        )
        await decisions.decide(page.db, page.me, comment, ruling)
    except Invalid as error:
        form.refuse(error)
        return await _case(page, comment, form, status=422)
    onward = ("case", {"number": following}) if following else ("queue", {})
    return page.redirect(path(onward[0], erledigt=comment.number, **onward[1]))


async def protocol(page: Page) -> Response:
    entries = await records.protocol(page.db, page.viewer, page.number("vor") or None)
    decided = [entry["detail"]["record"] for entry in entries if "record" in entry["detail"]]
    context: dict[str, Any] = {
        "entries": [entry | {"at": datetime.fromisoformat(entry["at"])} for entry in entries],
        "told": await records.told(page.db, decided, page.viewer),
        "before": entries[-1]["id"] if len(entries) == 50 else None,
    }
    return page.render("moderation/journal.html", section="moderation", **context)


async def netiquette(page: Page) -> Response:
    """The version in force, or an earlier one: consultations and decisions point to theirs."""
    word = page.query.get("fassung")
    found = await rules.version(page.db, word) if word else await rules.current(page.db)
    versions = await rules.versions(page.db)
    return page.render("moderation/rules.html", netiquette=found, versions=versions)


ROUTES = [
    get("/moderation", waiting, name="queue", access=MODERATORS),
    get("/moderation/protokoll", protocol, name="journal", access=MODERATORS),
    get("/moderation/{number}", case, name="case", access=MODERATORS),
    post("/moderation/{number}/uebernehmen", claim, name="claim", access=MODERATORS),
    post("/moderation/{number}/entscheiden", decide, name="decide", access=MODERATORS),
    get("/netiquette", netiquette, name="rules", access=EVERYONE),
]
