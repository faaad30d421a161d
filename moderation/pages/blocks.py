"""Block the author of a contribution from writing, without learning who that is."""

from datetime import date

from starlette.responses import Response
from wtforms import TextAreaField
from wtforms.validators import InputRequired

from dialogue import people
from dialogue.kit.database import Record
from dialogue.kit.errors import Conflict, Invalid
from dialogue.kit.forms import GermanForm, day_field, plain
from dialogue.roles import MODERATORS
from dialogue.web import Page, get, path, post
from moderation.pages.cases import asked, found

NOBODY = "Zu diesem Beitrag gehört kein Konto mehr, oder er wurde übernommen. Zu sperren ist niemand."


class AuthorForm(GermanForm):
    last_day = day_field("Letzter Tag der Sperre")
    why = TextAreaField(
        "Begründung",
        filters=[plain],
        validators=[InputRequired("Bitte begründen Sie die Sperre.")],
        description="Mindestens 20 Zeichen. Die Person liest sie. Bitte nennen Sie keine Namen.",
    )


async def _author(page: Page) -> Record:
    comment = await found(page)
    if comment.author_id is None or not comment.blockable:
        raise Conflict(NOBODY)
    if comment.author_id == page.me.id:
        raise Conflict("Das ist Ihr eigener Beitrag. Sich selbst können Sie nicht sperren.")
    return comment


async def block_author(page: Page) -> Response:
    return _form(page, await _author(page), AuthorForm())


def _form(page: Page, comment: Record, form: AuthorForm, status: int = 200) -> Response:
    return page.render("moderation/block.html", status=status, case=comment, form=form, place=asked(page))


async def do_block_author(page: Page) -> Response:
    comment, form = await _author(page), page.filled(AuthorForm)
    if not form.validate():
        return _form(page, comment, form, 422)
    try:
        last, why = form.last_day.data or date.min, str(form.why.data)
        await people.block_longer(page.db, comment.author_id, last, why, page.me.id)
    except Invalid as error:
        form.refuse(error)
        return _form(page, comment, form, 422)
    return page.redirect(path("case", number=comment.number, **asked(page)))


ROUTES = [
    get("/moderation/{number}/sperren", block_author, name="block_author", access=MODERATORS),
    post("/moderation/{number}/sperren", do_block_author, name="do_block_author", access=MODERATORS),
]
