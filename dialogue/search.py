"""Search: what was asked becomes a query of the database; what is public is found by its words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ARRAY, BigInteger, Text, bindparam, cast, func, literal_column, select, text, update
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue import comments
from dialogue.kit import german, jobs
from dialogue.kit.errors import Invalid
from dialogue.kit.text import is_blank, normalise
from dialogue.tables import Comment, Words

MAX_LENGTH = 200
MOST_WORDS = 12
MATCHES = cast(bindparam("query", type_=Text), TSQUERY)
EXACT = cast(bindparam("exact", type_=Text), TSQUERY)


@dataclass(frozen=True)
class Asked:
    """What a person typed, as the database understands it.

    `query` finds whole words, their other forms and what begins with them; `exact` only the first two.
    """

    text: str
    query: str = ""
    exact: str = ""
    looked: german.Looked = field(default_factory=german.Looked)
    ignored: tuple[str, ...] = ()

    @property
    def values(self) -> dict[str, str]:
        return {"query": self.query, "exact": self.exact}


def typed(value: str) -> str:
    """The text as it is looked for; Invalid when nobody searches like that."""
    value = normalise(value[: 100 * MAX_LENGTH])
    if len(value) > MAX_LENGTH:
        raise Invalid(f"Bitte höchstens {MAX_LENGTH} Zeichen. Ein paar Wörter reichen meist aus.", field="q")
    return "" if is_blank(value) else " ".join(value.split())


_LEXEMES = text(
    "SELECT word, ts_lexize('pg_catalog.german_stem', word) AS stems, "
    "ts_lexize('public.german_plain', word) AS plain FROM unnest(:words) AS word"
).bindparams(bindparam("words", type_=ARRAY(Text)))


async def understand(db: AsyncConnection, value: str) -> Asked:
    """The query for what was typed; without words that are too frequent to find anything with."""
    wanted = list(dict.fromkeys(german.words(value)))[:MOST_WORDS]
    if not wanted:
        return Asked(value)
    found = {row.word: row for row in await db.execute(_LEXEMES, {"words": wanted})}
    stems = {word: [*(found[word].stems or ()), *_singular(word)] for word in wanted if found[word].plain}
    return Asked(
        value,
        " & ".join(_either(_whole(each), _beginning(word)) for word, each in stems.items()),
        " & ".join(_either(_whole(each)) for each in stems.values()),
        german.Looked.of(stems, (stem for each in stems.values() for stem in each)),
        tuple(word for word in wanted if word not in stems),
    )


def _singular(word: str) -> Iterable[str]:
    """The stemmer leaves the s of "Kameras"; a word that was typed in the plural is found in the singular."""
    return [word[:-1]] if len(word) > 4 and word[-1] == "s" and word[-2] in "aeiouy" else []


def _whole(stems: Iterable[str]) -> list[str]:
    return [_quoted(stem) for stem in stems]


def _beginning(word: str) -> list[str]:
    return [_quoted(word) + (":*" if len(word) >= german.PREFIX else "")]


def _either(*terms: Sequence[str]) -> str:
    return f"({' | '.join(term for some in terms for term in some)})"


def _quoted(lexeme: str) -> str:
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"


# --- the parts of compounds -------------------------------------------------------------------------

PARTS = func.setweight(func.german_words(bindparam("parts")), literal_column("'D'"))
_id = bindparam("id", type_=BigInteger)
_TEXT = (
    select(Comment.text)
    .join(Words, Words.comment_id == Comment.id)
    .where(Comment.id == _id, comments.visible_to(comments.NOBODY), Words.split.is_(False))
)
# The text is held until the parts are stored: of one that is taken back meanwhile nothing is added.
_unchanged = (
    select(Comment.id)
    .where(Comment.id == _id, Comment.text == bindparam("said"), comments.visible_to(comments.NOBODY))
    .with_for_update(read=True)
    .cte("unchanged")
)
_ADD_PARTS = (
    update(Words)
    .where(Words.comment_id == _unchanged.c.id, Words.split.is_(False))
    .values(words=Words.words.op("||")(PARTS), split=True)
    .returning(Words.comment_id)
)
_UNSPLIT = select(Words.comment_id).where(Words.split.is_(False), Words.comment_id > bindparam("after"))
_NEXT_UNSPLIT = _UNSPLIT.order_by(Words.comment_id).limit(bindparam("most"))


async def unsplit_text(db: AsyncConnection, comment_id: int) -> str | None:
    """The public text whose compounds are not known yet; None when there is nothing to do."""
    found: str | None = (await db.execute(_TEXT, {"id": comment_id})).scalar()
    return found


async def add_parts(db: AsyncConnection, comment_id: int, said: str, parts: Iterable[str]) -> bool:
    """Store the parts of a text's compounds, unless it has changed since."""
    values = {"id": comment_id, "said": said, "parts": " ".join(parts)}
    return (await db.execute(_ADD_PARTS, values)).first() is not None


async def unsplit(db: AsyncConnection, after: int, most: int = 500) -> list[int]:
    """Comments whose compounds are not known yet."""
    return list((await db.execute(_NEXT_UNSPLIT, {"after": after, "most": most})).scalars())


async def enqueue_all(db: AsyncConnection) -> None:
    """Let the worker look after everything whose compounds are not known yet."""
    await jobs.enqueue(db, "index", key="index")
