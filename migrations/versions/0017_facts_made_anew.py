"""The facts are made anew by the next build, and each build of changes gives itself a token.

0015 went out twice: at first with a column that no build fills any more, and 0016 left it there. The table
is the same for all now. What was counted from rows is known by the token: not by the facts alone, which do
not hold all of the rows that it was counted from.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("fact_segment")
    op.create_table(
        "fact_segment",
        sa.Column("park_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("layout", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["park_id"], ["park.id"], name=op.f("fk_fact_segment_park_id")),
        sa.PrimaryKeyConstraint("park_id", "month", name=op.f("pk_fact_segment")),
    )
    op.execute("DELETE FROM fact_build")  # no sign of a build: the next one begins with nothing
    op.add_column("fact_build", sa.Column("token", sa.String(), server_default="", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("fact_build") as batch_op:
        batch_op.drop_column("token")
