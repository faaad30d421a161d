"""Logos and the installation's appearance, edited by admins; each save is a new row.

Revision: 0006, after 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

WORDS = ("name", "platform", "claim", "question", "intro", "office", "address", "mail", "phone", "accent")


def _moment(name: str) -> sa.Column[sa.DateTime]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False)


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.create_table(
        "logos",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("width", sa.SmallInteger(), nullable=False),
        sa.Column("height", sa.SmallInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        _moment("created_at"),
        sa.CheckConstraint("kind IN ('png', 'svg')", name=op.f("ck_logos_known_kind")),
        sa.CheckConstraint("digest = encode(sha256(data), 'hex')", name=op.f("ck_logos_digest_of_data")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_logos")),
    )
    op.create_table(
        "appearances",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("follows", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text()) for name in WORDS),
        sa.Column("logo", sa.Text()),
        sa.Column("languages", JSONB(), server_default=sa.text("'[\"de\"]'"), nullable=False),
        _moment("saved_at"),
        sa.CheckConstraint("accent ~ '^#[0-9a-f]{6}$'", name=op.f("ck_appearances_plain_accent")),
        sa.ForeignKeyConstraint(["logo"], ["logos.digest"], name=op.f("fk_appearances_logo_logos")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appearances")),
        sa.UniqueConstraint("follows", name=op.f("uq_appearances_follows")),
    )
    op.create_index(op.f("ix_appearances_logo"), "appearances", ["logo"])


def downgrade() -> None:
    op.drop_table("appearances")
    op.drop_table("logos")
