"""The facts of a month without their count; what statistics ask with each question is read from an index.

Facts are made anew by the next build, so their table is, too. The index of enterprises on the park alone
is part of the new one.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_RETURNED = sa.text("outcome = 'returned'")


def upgrade() -> None:
    _make_facts_anew()
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
    _make_facts_anew(sa.Column("count", sa.Integer(), nullable=False))


def _make_facts_anew(*more: sa.Column[int]) -> None:
    """Leave no facts and no sign of a build: the next one begins with nothing."""
    op.drop_table("fact_segment")
    op.create_table(
        "fact_segment",
        sa.Column("park_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("layout", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        *more,
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["park_id"], ["park.id"], name=op.f("fk_fact_segment_park_id")),
        sa.PrimaryKeyConstraint("park_id", "month", name=op.f("pk_fact_segment")),
    )
    op.execute("DELETE FROM fact_build")
