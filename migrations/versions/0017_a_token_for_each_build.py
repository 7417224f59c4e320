"""Each build of changes gives itself a token: what was counted from rows is known by it.

Not by the facts alone, which do not hold all of the rows that it was counted from.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("fact_build", sa.Column("token", sa.String(), server_default="", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("fact_build") as batch_op:
        batch_op.drop_column("token")
