"""The figures: a narrow row for each ticket, saved views of the figures, performance, reports, the public page."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "performance_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("park_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["user_account.id"], name=op.f("fk_performance_note_answered_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["user_account.id"], name=op.f("fk_performance_note_by_id")
        ),
        sa.ForeignKeyConstraint(["park_id"], ["park.id"], name=op.f("fk_performance_note_park_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_performance_note")),
    )
    with op.batch_alter_table("performance_note", schema=None) as batch_op:
        batch_op.create_index(
            "ix_performance_note_subject",
            ["park_id", "subject", "subject_id", "starts_on"],
            unique=False,
        )

    op.create_table(
        "performance_weights",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("park_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("published_by_id", sa.Integer(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["park_id"], ["park.id"], name=op.f("fk_performance_weights_park_id")
        ),
        sa.ForeignKeyConstraint(
            ["published_by_id"],
            ["user_account.id"],
            name=op.f("fk_performance_weights_published_by_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_performance_weights")),
        sa.UniqueConstraint(
            "park_id", "version", name=op.f("uq_performance_weights_park_id_version")
        ),
    )
    op.create_table(
        "report_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("park_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("stored_as", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["user_account.id"], name=op.f("fk_report_run_asked_by_id")
        ),
        sa.ForeignKeyConstraint(["park_id"], ["park.id"], name=op.f("fk_report_run_park_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_run")),
        sa.UniqueConstraint("key", name=op.f("uq_report_run_key")),
    )
    with op.batch_alter_table("report_run", schema=None) as batch_op:
        batch_op.create_index("ix_report_run_asked_by", ["asked_by_id", "id"], unique=False)
        batch_op.create_index("ix_report_run_state", ["state", "id"], unique=False)

    op.create_table(
        "report_subscription",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("park_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["park_id"], ["park.id"], name=op.f("fk_report_subscription_park_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_report_subscription_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_subscription")),
        sa.UniqueConstraint("user_id", "kind", name=op.f("uq_report_subscription_user_id_kind")),
    )
    op.create_table(
        "report_template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("park_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("stored_as", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("uploaded_by_id", sa.Integer(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["park_id"], ["park.id"], name=op.f("fk_report_template_park_id")),
        sa.ForeignKeyConstraint(
            ["uploaded_by_id"], ["user_account.id"], name=op.f("fk_report_template_uploaded_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_template")),
    )
    op.create_table(
        "saved_dashboard",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("park_id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("page", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["user_account.id"], name=op.f("fk_saved_dashboard_owner_id")
        ),
        sa.ForeignKeyConstraint(["park_id"], ["park.id"], name=op.f("fk_saved_dashboard_park_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_dashboard")),
    )
    with op.batch_alter_table("saved_dashboard", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_saved_dashboard_owner_id"), ["owner_id"], unique=False)

    op.create_table(
        "fact_mark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("park_id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["park_id"], ["park.id"], name=op.f("fk_fact_mark_park_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_fact_mark_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fact_mark")),
    )
    with op.batch_alter_table("fact_mark", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_fact_mark_park_id"), ["park_id"], unique=False)

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

    with op.batch_alter_table("park", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("public_page", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(
            sa.Column("public_minimum", sa.Integer(), server_default="5", nullable=False)
        )

    op.execute("INSERT INTO fact_mark (park_id, ticket_id) SELECT park_id, id FROM ticket")


def downgrade() -> None:
    with op.batch_alter_table("park", schema=None) as batch_op:
        batch_op.drop_column("public_minimum")
        batch_op.drop_column("public_page")

    with op.batch_alter_table("ticket_fact", schema=None) as batch_op:
        batch_op.drop_index("ix_ticket_fact_submitted")
        batch_op.drop_index("ix_ticket_fact_enterprise")
        batch_op.drop_index("ix_ticket_fact_delivered")

    op.drop_table("ticket_fact")
    with op.batch_alter_table("fact_mark", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_fact_mark_park_id"))

    op.drop_table("fact_mark")
    with op.batch_alter_table("saved_dashboard", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_saved_dashboard_owner_id"))

    op.drop_table("saved_dashboard")
    op.drop_table("report_template")
    op.drop_table("report_subscription")
    with op.batch_alter_table("report_run", schema=None) as batch_op:
        batch_op.drop_index("ix_report_run_state")
        batch_op.drop_index("ix_report_run_asked_by")

    op.drop_table("report_run")
    op.drop_table("performance_weights")
    with op.batch_alter_table("performance_note", schema=None) as batch_op:
        batch_op.drop_index("ix_performance_note_subject")

    op.drop_table("performance_note")
