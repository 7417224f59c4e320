"""A token for what pages of statistics read each time and few write: see ``servicedesk.unchanged``."""

from secrets import token_hex

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_TOKENS = sa.table("table_token", sa.column("name"), sa.column("token"))
_WATCHED = (
    "fact_build", "fact_segment", "performance_note", "performance_weights", "saved_dashboard",
)  # fmt: skip


def upgrade() -> None:
    op.bulk_insert(_TOKENS, [{"name": name, "token": token_hex(8)} for name in _WATCHED])


def downgrade() -> None:
    op.execute(_TOKENS.delete().where(_TOKENS.c.name.in_(_WATCHED)))
