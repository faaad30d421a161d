"""The floor: what the libraries cost at the least. Static answer, one select and a bare list, one upsert."""

import os

from jinja2 import Environment
from sqlalchemy import bindparam, case, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import create_async_engine
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from dialogue.tables import Comment, Person, Vote

COLUMNS = "id number parent_id text status source example published_at author_id"
engine = create_async_engine(os.environ["FLOOR_URL"], pool_size=5)
columns = (*(Comment.__table__.c[name] for name in COLUMNS.split()), Person.pseudonym)
counts = [func.count().filter(Vote.value == value) for value in (1, 0, -1)]
mine = func.max(case((Vote.person_id == bindparam("me"), Vote.value)))
PAGE = (
    select(*columns, *counts, mine)
    .outerjoin(Person, Person.id == Comment.author_id)
    .outerjoin(Vote, Vote.comment_id == Comment.id)
    .where(
        Comment.thread_id == bindparam("thread"), Comment.status == "published", Comment.parent_id.is_(None)
    )
    .group_by(Comment.id, Person.id)
    .order_by(Comment.published_at.desc(), Comment.id.desc())
    .limit(50)
)
page = Environment(autoescape=True).from_string(
    "<ul>{% for c in rows %}<li>{% for value in c %}{{ value }} {% endfor %}</li>{% endfor %}</ul>"
)
UPSERT = insert(Vote).values(comment_id=bindparam("c"), person_id=bindparam("p"), value=bindparam("v"))
VOTE = UPSERT.on_conflict_do_update(
    index_elements=["comment_id", "person_id"], set_={"value": bindparam("v"), "cast_at": func.now()}
)


async def static(request: Request) -> Response:
    return HTMLResponse("ok")


async def thread(request: Request) -> Response:
    async with engine.connect() as db:
        rows = (await db.execute(PAGE, {"thread": request.path_params["id"], "me": 1})).all()
    return HTMLResponse(page.render(rows=rows))


async def vote(request: Request) -> Response:
    ids = {"c": int(request.path_params["c"]), "p": int(request.path_params["p"])}
    async with engine.begin() as db:
        await db.execute(VOTE, ids | {"v": int((await request.form())["v"])})
    return Response(status_code=204)


app = Starlette(
    routes=[Route("/", static), Route("/{id:int}", thread), Route("/{c}/{p}", vote, methods=["POST"])]
)
