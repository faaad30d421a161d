"""Circles of people with conversations of their own, roles in one room, absences, a consultation's rules.

Revision: 0002, after 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), primary_key=True)


def _moment(name: str) -> sa.Column[sa.DateTime]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False)


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    _circles()
    _rooms()
    _absences()
    _threads()
    _consultations()


def _to_people(table: str, column: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_people")
    return sa.ForeignKeyConstraint([column], ["people.id"], name=name, ondelete="CASCADE")


def _circles() -> None:
    op.create_table(
        "circles",
        _id(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), server_default="", nullable=False),
        _moment("created_at"),
        sa.UniqueConstraint("name", name=op.f("uq_circles_name")),
    )
    op.create_table(
        "members",
        sa.Column("circle_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        _moment("added_at"),
        sa.ForeignKeyConstraint(
            ["circle_id"], ["circles.id"], name=op.f("fk_members_circle_id_circles"), ondelete="CASCADE"
        ),
        _to_people("members", "person_id"),
        sa.PrimaryKeyConstraint("circle_id", "person_id", name=op.f("pk_members")),
    )
    op.create_index(op.f("ix_members_person_id"), "members", ["person_id"])


def _rooms() -> None:
    op.create_table("rooms", _id(), sa.Column("title", sa.Text(), nullable=False), _moment("created_at"))
    op.drop_constraint(op.f("pk_grants"), "grants", type_="primary")
    op.add_column("grants", _id())
    op.create_primary_key(op.f("pk_grants"), "grants", ["id"])
    op.add_column("grants", sa.Column("room_id", sa.BigInteger()))
    op.create_foreign_key(
        op.f("fk_grants_room_id_rooms"), "grants", "rooms", ["room_id"], ["id"], ondelete="CASCADE"
    )
    op.create_index(op.f("ix_grants_room_id"), "grants", ["room_id"])
    op.create_unique_constraint(
        op.f("uq_grants_person_id_role_room_id"),
        "grants",
        ["person_id", "role", "room_id"],
        postgresql_nulls_not_distinct=True,
    )
    op.create_check_constraint(
        op.f("ck_grants_admins_everywhere"), "grants", "room_id IS NULL OR role <> 'admin'"
    )


def _absences() -> None:
    op.create_table(
        "absences",
        _id(),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("deputy_id", sa.BigInteger(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        _to_people("absences", "person_id"),
        _to_people("absences", "deputy_id"),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_absences_ends_after_start")),
        sa.CheckConstraint("deputy_id <> person_id", name=op.f("ck_absences_another_person")),
        sa.UniqueConstraint(
            "person_id",
            "deputy_id",
            "starts_on",
            "ends_on",
            name=op.f("uq_absences_person_id_deputy_id_starts_on_ends_on"),
        ),
    )
    op.create_index(op.f("ix_absences_person_id"), "absences", ["person_id"])
    op.create_index(op.f("ix_absences_deputy_id"), "absences", ["deputy_id"])


def _threads() -> None:
    for column, table in (("room_id", "rooms"), ("circle_id", "circles")):
        op.add_column("threads", sa.Column(column, sa.BigInteger()))
        op.create_foreign_key(op.f(f"fk_threads_{column}_{table}"), "threads", table, [column], ["id"])
        op.create_index(op.f(f"ix_threads_{column}"), "threads", [column])
    inside = sa.Computed("circle_id IS NOT NULL", persisted=True)
    op.add_column("threads", sa.Column("internal", sa.Boolean(), inside, nullable=False))
    op.create_unique_constraint(op.f("uq_threads_id_internal"), "threads", ["id", "internal"])
    op.add_column("comments", sa.Column("internal", sa.Boolean(), server_default="false", nullable=False))
    op.drop_constraint(op.f("fk_comments_thread_id_threads"), "comments", type_="foreignkey")
    op.create_foreign_key(
        op.f("fk_comments_thread_id_internal_threads"),
        "comments",
        "threads",
        ["thread_id", "internal"],
        ["id", "internal"],
    )


def _consultations() -> None:
    for column in ("starts_on", "ends_on"):
        op.alter_column("consultations", column, nullable=True)
    op.create_check_constraint(
        op.f("ck_consultations_published_has_dates"),
        "consultations",
        "published_at IS NULL OR num_nonnulls(starts_on, ends_on) = 2",
    )
    for column in ("guests_write", "guests_vote"):
        op.add_column(
            "consultations", sa.Column(column, sa.Boolean(), server_default="false", nullable=False)
        )
    for column in ("contact", "privacy"):
        op.add_column("consultations", sa.Column(column, sa.Text(), server_default="", nullable=False))
    for column, table in (("room_id", "rooms"), ("circle_id", "circles")):
        op.add_column("consultations", sa.Column(column, sa.BigInteger()))
        op.create_foreign_key(
            op.f(f"fk_consultations_{column}_{table}"), "consultations", table, [column], ["id"]
        )
    op.create_unique_constraint(op.f("uq_consultations_room_id"), "consultations", ["room_id"])
    op.create_index(op.f("ix_consultations_circle_id"), "consultations", ["circle_id"])


def downgrade() -> None:
    raise NotImplementedError(
        "Was in Kreisen gesagt wurde, würde öffentlich; bitte die Sicherung zurückspielen."
    )
