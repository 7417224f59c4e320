"""A token for each table that is read again and again and seldom changes: see ``servicedesk.unchanged``."""

from secrets import token_hex

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_WATCHED = (
    "category", "declaration", "enterprise", "enterprise_patent", "enterprise_title",
    "financing_drawdown", "financing_need", "financing_offer", "job_post", "metric", "package_case",
    "package_step", "park", "placement", "policy", "problem", "service_item", "unit", "visit",
)  # fmt: skip


def upgrade() -> None:
    table = op.create_table(
        "table_token",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_table_token")),
    )
    op.bulk_insert(table, [{"name": name, "token": token_hex(8)} for name in _WATCHED])


def downgrade() -> None:
    op.drop_table("table_token")
