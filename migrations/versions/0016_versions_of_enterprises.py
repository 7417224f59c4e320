"""Versions of enterprises are read from an index: statistics ask with each question whether any changed.

The index on the park alone is part of the new one.
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_enterprise_versions", "enterprise", ["park_id", "version"])
    op.drop_index("ix_enterprise_park_id", table_name="enterprise")


def downgrade() -> None:
    op.create_index("ix_enterprise_park_id", "enterprise", ["park_id"])
    op.drop_index("ix_enterprise_versions", table_name="enterprise")
