"""Search: stemmed words of what is public, in the same transaction; compounds follow by a job. Formats of exports.

Revision: 0004, after 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Words as written, without stop words: prefixes are looked for among these, for a stem may be shorter than
# what was typed ("Kennzeichnu").
PLAIN = (
    "CREATE TEXT SEARCH DICTIONARY german_plain (TEMPLATE = pg_catalog.simple, STOPWORDS = german)",
    "CREATE TEXT SEARCH CONFIGURATION german_plain (COPY = pg_catalog.german)",
    "ALTER TEXT SEARCH CONFIGURATION german_plain ALTER MAPPING REPLACE pg_catalog.german_stem WITH german_plain",
)
# PostgreSQL's parser takes "und/oder" for a file and "KI-Inhalte" for three words: signs are blanks first.
WORDS = r"""
CREATE FUNCTION german_words(said text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT to_tsvector('pg_catalog.german', bare) || to_tsvector('public.german_plain', bare)
    FROM (SELECT translate(said, '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', repeat(' ', 32)) AS bare) AS words
$$
"""
COMMENTS_ADDED = """
CREATE FUNCTION comments_added_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO comment_words (comment_id, thread_id, words)
    SELECT id, thread_id, setweight(german_words(text), 'A') FROM added
    WHERE status = 'published' AND NOT internal;
    RETURN NULL;
END
$$
"""
COMMENT_CHANGED = """
CREATE FUNCTION comment_changed_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM comment_words WHERE comment_id = NEW.id;
    IF NEW.status = 'published' AND NOT NEW.internal THEN
        INSERT INTO comment_words (comment_id, thread_id, words)
        VALUES (NEW.id, NEW.thread_id, setweight(german_words(NEW.text), 'A'));
    END IF;
    RETURN NULL;
END
$$
"""
POINT_CHANGED = """
CREATE FUNCTION point_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.words := setweight(german_words(NEW.code || ' ' || NEW.title), 'A')
        || setweight(german_words(NEW.text || ' ' || NEW.easy), 'B')
        || setweight(german_words(NEW.rationale), 'C');
    NEW.split := false;
    RETURN NEW;
END
$$
"""
# The newest comments that hold the words. A word may stand in every third: whatever the planner expects, their
# places come from the index on the words, and with few expected rows it looks up the rest one by one.
FIND = """
CREATE FUNCTION comments_with(query tsquery, threads bigint[], chosen bigint[], newest bigint, most integer)
RETURNS SETOF bigint LANGUAGE sql STABLE ROWS 50
SET enable_seqscan = off SET enable_indexscan = off SET enable_indexonlyscan = off AS $$
    SELECT comment_id FROM comment_words
    WHERE words @@ query
        AND (threads IS NULL OR thread_id = ANY (threads))
        AND (chosen IS NULL OR comment_id = ANY (chosen))
        AND (newest IS NULL OR comment_id + 0 <= newest) -- no range of the primary key
    ORDER BY comment_id DESC LIMIT most
$$
"""
ON_ADDED = """
CREATE TRIGGER comments_words_added AFTER INSERT ON comments REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION comments_added_words()
"""
ON_CHANGED = """
CREATE TRIGGER comments_words_changed AFTER UPDATE OF status, text, internal ON comments FOR EACH ROW
WHEN ((OLD.status, OLD.text, OLD.internal) IS DISTINCT FROM (NEW.status, NEW.text, NEW.internal))
EXECUTE FUNCTION comment_changed_words()
"""
ON_POINT = """
CREATE TRIGGER points_words BEFORE INSERT OR UPDATE OF code, title, text, easy, rationale ON points FOR EACH ROW
EXECUTE FUNCTION point_words()
"""


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    for statement in (*PLAIN, WORDS, COMMENTS_ADDED, COMMENT_CHANGED, POINT_CHANGED):
        op.execute(sa.text(statement.replace(":", r"\:")))
    _comments()
    _points()
    op.create_check_constraint(
        op.f("ck_exports_known_format"), "exports", "format IN ('csv', 'xlsx', 'json')"
    )


def _comments() -> None:
    op.create_table(
        "comment_words",
        sa.Column("comment_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("thread_id", sa.BigInteger(), nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.Column("split", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"],
            ["comments.id"],
            name=op.f("fk_comment_words_comment_id_comments"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("comment_id", name=op.f("pk_comment_words")),
    )
    op.execute(ON_ADDED)
    op.execute(ON_CHANGED)
    op.execute(
        "INSERT INTO comment_words (comment_id, thread_id, words) "
        "SELECT id, thread_id, setweight(german_words(text), 'A') FROM comments "
        "WHERE status = 'published' AND NOT internal"
    )
    op.create_index(
        op.f("ix_comment_words_words"),
        "comment_words",
        ["words"],
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": 512},
    )
    op.execute(FIND)
    op.create_index(
        op.f("ix_comment_words_unsplit"),
        "comment_words",
        ["comment_id"],
        postgresql_where=sa.text("NOT split"),
    )


def _points() -> None:
    op.add_column(
        "points",
        sa.Column("words", postgresql.TSVECTOR(), server_default=sa.text("''::tsvector"), nullable=False),
    )
    op.add_column("points", sa.Column("split", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.execute(ON_POINT)
    op.execute("UPDATE points SET title = title")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_exports_known_format"), "exports", type_="check")
    op.execute("DROP TRIGGER points_words ON points")
    op.execute("DROP TRIGGER comments_words_changed ON comments")
    op.execute("DROP TRIGGER comments_words_added ON comments")
    op.drop_column("points", "split")
    op.drop_column("points", "words")
    op.execute("DROP FUNCTION comments_with(tsquery, bigint[], bigint[], bigint, integer)")
    op.drop_table("comment_words")
    for function in (
        "point_words()",
        "comment_changed_words()",
        "comments_added_words()",
        "german_words(text)",
    ):
        op.execute(f"DROP FUNCTION {function}")
    op.execute("DROP TEXT SEARCH CONFIGURATION german_plain")
    op.execute("DROP TEXT SEARCH DICTIONARY german_plain")
