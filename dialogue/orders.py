"""The orders of a thread: given contributions to select from, those of one page, each with its rank."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Select, bindparam, func, literal, select, true, tuple_
from sqlalchemy import text as sql

from dialogue.tables import Comment

PAGE = 50
FIRST, LAST = -(2**63), 2**63 - 1
_hash = func.hashint8extended(Comment.id, sql("0"), type_=BigInteger)  # as in the index of the mixed order
_last = bindparam("last", type_=BigInteger)
_inside = (Comment.thread_id == bindparam("thread"), Comment.parent_id.is_(None))
Kinds = Sequence[Any]  # what is public, and sometimes what has left its place to replies


def newest(kinds: Kinds, limit: int, *, continued: bool = False) -> Select[Any]:
    """The newest first; `continued`: behind `moment` and `last`."""
    keys = (Comment.published_at, Comment.id)
    behind = tuple_(*keys) < tuple_(bindparam("moment"), _last) if continued else true()
    arms = [
        kind.add_columns(literal(0).label("hash"))
        .where(*_inside, behind)
        .order_by(*(key.desc() for key in keys))
        .limit(limit)
        for kind in kinds
    ]
    found = _together(arms)
    return _ranked(found, found.c.published_at.desc(), found.c.id.desc()).limit(limit)


def mixed(kinds: Kinds, limit: int) -> Select[Any]:
    """Round by the hash of the id: from behind `hash` and `last` up to `upto`; where that is not enough, from
    the beginning up to `rest`. An index holds this order: a page reads no more than it shows."""
    arms = []
    for name, kind in zip("ab", kinds, strict=False):
        on = _turn(kind, 0, limit).where(
            tuple_(_hash, Comment.id) > tuple_(bindparam("hash", type_=BigInteger), _last),
            _hash <= bindparam("upto", type_=BigInteger),
        )
        begun = on.cte(name)
        missing = limit - select(func.count()).select_from(begun).scalar_subquery()
        around = _turn(kind, 1, missing).where(_hash < bindparam("rest", type_=BigInteger))
        arms += [select(begun), around]
    found = _together(arms)
    return _ranked(found, found.c.turn, found.c.hash, found.c.id).limit(limit)


def _turn(kind: Select[Any], turn: int, limit: Any) -> Select[Any]:
    columns = _hash.label("hash"), literal(turn).label("turn")
    return kind.add_columns(*columns).where(*_inside).order_by(_hash, Comment.id).limit(limit)


def listed(kinds: Kinds) -> Select[Any]:
    """The `ids` as they are given."""
    given = func.unnest(bindparam("ids", type_=ARRAY(BigInteger)))
    ids = given.table_valued("id", with_ordinality="rank", name="ids").render_derived()
    columns = literal(0).label("hash"), ids.c.rank
    found = _together([kind.add_columns(*columns).join(ids, ids.c.id == Comment.id) for kind in kinds])
    return select(found)


def _together(arms: Sequence[Select[Any]]) -> Any:
    return (arms[0].union_all(*arms[1:]) if len(arms) > 1 else arms[0]).subquery()


def _ranked(found: Any, *order: Any) -> Select[Any]:
    columns = [column for column in found.c if column.name != "turn"]
    return select(*columns, func.row_number().over(order_by=order).label("rank")).order_by(*order)
