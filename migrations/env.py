"""Alembic: applies the versions with the owner's connection that `ki-dialog migrate` hands over."""

from alembic import context

import consultations.tables  # noqa: F401 - all floors' tables belong to one schema
import moderation.tables  # noqa: F401
from dialogue.kit.database import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
