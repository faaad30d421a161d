"""The editors' log of versions, information pages, and a lasting name for everything they edit.

Revision: 0005, after 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

EDITED = ("areas", "points", "measures", "consultations")


def _uid() -> sa.Column[object]:
    return sa.Column("uid", sa.Uuid(), server_default=sa.func.gen_random_uuid(), nullable=False)


def _moment(name: str) -> sa.Column[sa.DateTime]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False)


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    for table in EDITED:
        op.add_column(table, _uid())
        op.create_unique_constraint(op.f(f"uq_{table}_uid"), table, ["uid"])
    _versions()
    _pages()


def _versions() -> None:
    op.create_table(
        "versions",
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("actor_id", sa.Uuid()),
        _moment("saved_at"),
        sa.CheckConstraint(
            "kind IN ('area', 'point', 'measure', 'consultation', 'page', 'rulebook')",
            name=op.f("ck_versions_known_kind"),
        ),
        sa.CheckConstraint(
            "act IN ('saved', 'restored', 'published', 'discarded', 'withdrawn')",
            name=op.f("ck_versions_known_act"),
        ),
        sa.CheckConstraint("number > 0", name=op.f("ck_versions_counted_from_one")),
        sa.PrimaryKeyConstraint("subject", "number", name=op.f("pk_versions")),
    )


def _pages() -> None:
    op.create_table(
        "pages",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        _uid(),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("legal", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("signed_off_at", sa.DateTime(timezone=True)),
        sa.Column("signed_off_by", sa.Text(), server_default="", nullable=False),
        _moment("changed_at"),
        sa.CheckConstraint("slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'", name=op.f("ck_pages_plain_slug")),
        sa.CheckConstraint(
            "(signed_off_at IS NULL) = (signed_off_by = '')", name=op.f("ck_pages_signed_off_by_somebody")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pages")),
        sa.UniqueConstraint("slug", name=op.f("uq_pages_slug")),
        sa.UniqueConstraint("uid", name=op.f("uq_pages_uid")),
    )


def downgrade() -> None:
    raise NotImplementedError("Entwürfe und Verlauf gingen verloren; bitte die Sicherung zurückspielen.")
