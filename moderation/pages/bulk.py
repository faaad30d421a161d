"""One decision about many: choose in the list, look at what will happen, decide, and read what came of it."""

from functools import partial
from typing import Any

from starlette.responses import Response
from wtforms import TextAreaField

from dialogue.kit import tokens
from dialogue.kit.errors import Invalid
from dialogue.kit.forms import GermanForm, WholeField, plain
from dialogue.roles import MODERATORS
from dialogue.web import Page, post
from moderation import bulk, cases, decisions, filters, queue, rules
from moderation.pages.cases import asked
from moderation.pages.queue import show_list


class BulkForm(GermanForm):
    rule = WholeField("Regel")
    reasons = TextAreaField("Begründung an alle Autorinnen und Autoren", filters=[plain])


def _chosen(page: Page) -> dict[str, int]:
    """Number → revision as the list showed it: "7K4-92F.3"."""
    found = {}
    for value in page.form.getlist("beitrag"):
        number, _, revision = str(value).partition(".")
        right = revision.isascii() and revision.isdigit() and len(revision) <= 9
        found[tokens.number(number)] = int(revision) if right else 0
    return found


async def choose(page: Page) -> Response:
    """What was chosen, what is possible with it, and what will happen; nothing is decided yet."""
    try:
        chosen = bulk.checked(_chosen(page))
    except Invalid as error:
        return await show_list(page, error=error.text, status=422)
    return await _chosen_page(page, chosen, BulkForm())


async def _chosen_page(page: Page, chosen: Any, form: BulkForm, status: int = 200) -> Response:
    rows = await cases.several(page.db, chosen, page.viewer)
    possible = {row.number: bulk.possible(row, page.me.id) for row in rows}
    counts = {kind: sum(kind in each for each in possible.values()) for kind in bulk.KINDS}
    return page.render(
        "moderation/bulk.html",
        status=status,
        rows=rows,
        chosen=chosen,
        possible=possible,
        can={kind: count for kind, count in counts.items() if count},
        rules=await rules.of(page.db, rows[0].thread_id) if rows else [],
        form=form,
        place=asked(page),
    )


async def decide_many(page: Page) -> Response:
    """Each is decided once; what could not be is named."""
    chosen, form = _chosen(page), page.filled(BulkForm)
    try:
        bulk.checked(chosen)
    except Invalid as error:
        return await show_list(page, error=error.text, status=422)
    kind = page.choice("decision", {kind: kind for kind in bulk.KINDS})
    ruling = decisions.Ruling(kind, 0, form.rule.data, form.reasons.data or "")
    try:
        async with bulk.deciding(page.db, page.me, chosen, ruling) as outcome:
            following = await queue.following(page.db, page.viewer, filters.Asked.read(page.query))
            render = partial(page.render, "moderation/bulk_done.html", kind=kind, outcome=outcome)
            return render(following=following, place=asked(page))
    except Invalid as error:
        form.refuse(error)
        return await _chosen_page(page, chosen, form, 422)


ROUTES = [
    post("/moderation/auswahl", choose, name="choose", access=MODERATORS),
    post("/moderation/auswahl/entscheiden", decide_many, name="decide_many", access=MODERATORS),
]
