"""What statistics ask with each question is read from an index: versions of enterprises, returned dispatches.

The index of enterprises on the park alone is part of the new one.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_RETURNED = sa.text("outcome = 'returned'")


def upgrade() -> None:
    op.create_index("ix_enterprise_versions", "enterprise", ["park_id", "version"])
    op.drop_index("ix_enterprise_park_id", table_name="enterprise")
    op.create_index(
        "ix_dispatch_record_returned",
        "dispatch_record",
        ["park_id", "at"],
        sqlite_where=_RETURNED,
        postgresql_where=_RETURNED,
    )


def downgrade() -> None:
    op.drop_index("ix_dispatch_record_returned", table_name="dispatch_record")
    op.create_index("ix_enterprise_park_id", "enterprise", ["park_id"])
    op.drop_index("ix_enterprise_versions", table_name="enterprise")
