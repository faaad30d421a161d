"""The mixed order of a thread has an index, and a person's visits say what is new since the last one.

Revision: 0003, after 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.create_index(
        "ix_comments_mixed",
        "comments",
        ["thread_id", sa.text("hashint8extended(id, 0)"), "id"],
        postgresql_where=sa.text("status = 'published' AND parent_id IS NULL"),
    )
    op.create_index(
        "ix_comments_published",
        "comments",
        ["thread_id", "published_at"],
        postgresql_where=sa.text("status = 'published'"),
    )
    _visits()


def _visits() -> None:
    op.create_table(
        "visits",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("thread_id", sa.BigInteger(), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True)),
        sa.Column("last_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_visits_person_id_people"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["thread_id"], ["threads.id"], name=op.f("fk_visits_thread_id_threads"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", "thread_id", name=op.f("pk_visits")),
    )
    op.create_index(op.f("ix_visits_thread_id"), "visits", ["thread_id"])


def downgrade() -> None:
    op.drop_table("visits")
    op.drop_index("ix_comments_published", "comments")
    op.drop_index("ix_comments_mixed", "comments")
