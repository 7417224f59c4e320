"""Facts by the month: the facts of a month of tickets are one value, counts are made from them when asked.

The next build fills it from the tickets. Rows for each ticket and built numbers are not needed any more.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
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
    op.create_table(
        "fact_build",
        sa.Column("park_id", sa.Integer(), nullable=False),
        sa.Column("built_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["park_id"], ["park.id"], name=op.f("fk_fact_build_park_id")),
        sa.PrimaryKeyConstraint("park_id", name=op.f("pk_fact_build")),
    )
    for table in ("ticket_fact", "served_enterprise", "built_count", "count_build", "count_mark"):
        op.drop_table(table)


def downgrade() -> None:
    op.create_table(
        "built_count",
        sa.Column("park_id", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("cut", sa.String(), nullable=False),
        sa.Column("figure", sa.String(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["park_id"], ["park.id"], name=op.f("fk_built_count_park_id")),
        sa.PrimaryKeyConstraint("park_id", "period", "cut", "figure", name=op.f("pk_built_count")),
    )
    op.create_table(
        "served_enterprise",
        sa.Column("park_id", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("cut", sa.String(), nullable=False),
        sa.Column("enterprise_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name=op.f("fk_served_enterprise_enterprise_id")
        ),
        sa.ForeignKeyConstraint(
            ["park_id"], ["park.id"], name=op.f("fk_served_enterprise_park_id")
        ),
        sa.PrimaryKeyConstraint(
            "park_id", "period", "cut", "enterprise_id", name=op.f("pk_served_enterprise")
        ),
    )
    op.create_table(
        "count_build",
        sa.Column("park_id", sa.Integer(), nullable=False),
        sa.Column("built_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["park_id"], ["park.id"], name=op.f("fk_count_build_park_id")),
        sa.PrimaryKeyConstraint("park_id", name=op.f("pk_count_build")),
    )
    op.create_table(
        "count_mark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("park_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["park_id"], ["park.id"], name=op.f("fk_count_mark_park_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_count_mark")),
    )
    op.create_table(
        "ticket_fact",
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("park_id", sa.Integer(), nullable=False),
        sa.Column("submitted_on", sa.Date(), nullable=False),
        sa.Column("submitted_hour", sa.Integer(), nullable=False),
        sa.Column("delivered_on", sa.Date(), nullable=True),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("handler_id", sa.Integer(), nullable=True),
        sa.Column("intake_by_id", sa.Integer(), nullable=True),
        sa.Column("enterprise_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("repeated", sa.Boolean(), nullable=False),
        sa.Column("response_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("responded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("response_minutes", sa.Integer(), nullable=True),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.Column("solved", sa.Boolean(), nullable=False),
        sa.Column("followed", sa.Boolean(), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=True),
        sa.Column("on_time", sa.Boolean(), nullable=False),
        sa.Column("used_minutes", sa.Integer(), nullable=True),
        sa.Column("promised_minutes", sa.Integer(), nullable=False),
        sa.Column("saved_minutes", sa.Integer(), nullable=True),
        sa.Column("returns", sa.Integer(), nullable=False),
        sa.Column("extensions", sa.Integer(), nullable=False),
        sa.Column("supplements", sa.Integer(), nullable=False),
        sa.Column("reopenings", sa.Integer(), nullable=False),
        sa.Column("urges", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("false_resolution", sa.Boolean(), nullable=False),
        sa.Column("rectified", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name=op.f("fk_ticket_fact_enterprise_id")
        ),
        sa.ForeignKeyConstraint(
            ["handler_id"], ["user_account.id"], name=op.f("fk_ticket_fact_handler_id")
        ),
        sa.ForeignKeyConstraint(
            ["intake_by_id"], ["user_account.id"], name=op.f("fk_ticket_fact_intake_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["service_item.id"], name=op.f("fk_ticket_fact_item_id")
        ),
        sa.ForeignKeyConstraint(["park_id"], ["park.id"], name=op.f("fk_ticket_fact_park_id")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_fact_ticket_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_ticket_fact_unit_id")),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_ticket_fact")),
    )
    with op.batch_alter_table("ticket_fact", schema=None) as batch_op:
        batch_op.create_index(
            "ix_ticket_fact_delivered",
            ["park_id", "delivered_on", "item_id", "unit_id"],
            unique=False,
        )
        batch_op.create_index("ix_ticket_fact_enterprise", ["enterprise_id"], unique=False)
        batch_op.create_index(
            "ix_ticket_fact_submitted",
            ["park_id", "submitted_on", "item_id", "unit_id"],
            unique=False,
        )
    op.execute("DELETE FROM fact_mark")
    op.execute("INSERT INTO fact_mark (park_id, ticket_id) SELECT park_id, id FROM ticket")
    op.drop_table("fact_build")
    op.drop_table("fact_segment")
