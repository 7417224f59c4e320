"""The closed loop in full, and the desk's tools: requests, plans, reopenings, routing, duty, rules,
meetings, problems, views, drafts; what old tickets already did is written into the new tables."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

NEW_TABLES = (  # parents before their children
    "canned_reply",
    "meeting",
    "preference",
    "problem",
    "rule_application",
    "rule_set",
    "saved_view",
    "problem_notice",
    "agenda_item",
    "dispatch_record",
    "draft",
    "false_resolution",
    "handling_plan",
    "presence",
    "problem_ticket",
    "reopening",
    "routing_rule",
    "rule_change",
    "supplement_request",
    "support_task",
    "ticket_follower",
    "ticket_link",
    "undo_note",
    "urge",
    "decision",
    "plan_milestone",
    "digest_entry",
    "absence",
    "assignment_turn",
    "handover",
    "shift",
    "skill",
)


def upgrade() -> None:
    _create_1()
    _create_2()
    _create_3()
    _create_4()
    _create_duty()
    _alter_tables()
    _results_of_calls()
    _write_history()


def downgrade() -> None:
    op.execute("UPDATE ticket SET state = 'accepted' WHERE state = 'disputed'")
    op.execute("UPDATE ticket SET state = 'withdrawn' WHERE state IN ('abandoned', 'merged')")
    _reached_calls()
    _alter_back()
    for table in reversed(NEW_TABLES):
        op.drop_table(table)


def _results_of_calls() -> None:
    """A call was reached or not; now it has a result."""
    with op.batch_alter_table("follow_up_call", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("result", sa.String(), nullable=False, server_default="reached")
        )
    op.execute("UPDATE follow_up_call SET result = 'missed' WHERE NOT reached")
    with op.batch_alter_table("follow_up_call", schema=None) as batch_op:
        batch_op.alter_column("result", server_default=None)
        batch_op.drop_column("reached")


def _reached_calls() -> None:
    with op.batch_alter_table("follow_up_call", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("reached", sa.Boolean(), nullable=False, server_default=sa.true())
        )
    op.execute(
        sa.text(
            "UPDATE follow_up_call SET reached = :no WHERE result IN ('missed', 'refused')"
        ).bindparams(no=False)
    )
    with op.batch_alter_table("follow_up_call", schema=None) as batch_op:
        batch_op.alter_column("reached", server_default=None)
        batch_op.drop_column("result")


def _write_history() -> None:
    """What the tickets of before did, where the new tables ask for it."""
    op.execute(
        "INSERT INTO dispatch_record (park_id, ticket_id, item_id, area, unit_id, by_id, at, ruled, outcome,"
        " return_code, ended_at)"
        " SELECT t.park_id, t.id, t.item_id, e.area, t.unit_id, t.intake_by_id, t.dispatched_at, 1 = 0,"
        " CASE WHEN t.signed_at IS NOT NULL THEN 'signed' WHEN t.closed_at IS NOT NULL THEN 'taken_back'"
        " ELSE 'waiting' END, '', t.signed_at"
        " FROM ticket t JOIN enterprise e ON e.id = t.enterprise_id"
        " WHERE t.unit_id IS NOT NULL AND t.dispatched_at IS NOT NULL ORDER BY t.id"
    )
    op.execute(
        "UPDATE ticket SET supplements = (SELECT count(*) FROM ticket_event e"
        " WHERE e.ticket_id = ticket.id AND e.kind = 'request_supplement')"
        " WHERE EXISTS (SELECT 1 FROM ticket_event e"
        " WHERE e.ticket_id = ticket.id AND e.kind = 'request_supplement')"
    )
    op.execute(
        "INSERT INTO supplement_request (ticket_id, request, asked_by_id, asked_at, verdict, decided_at,"
        " sent_at, reminders)"
        " SELECT p.ticket_id, p.reason, p.started_by_id, p.started_at, 'approved', p.started_at,"
        " p.started_at, 0 FROM pause_span p JOIN ticket t ON t.id = p.ticket_id"
        " WHERE p.ended_at IS NULL AND t.state = 'awaiting_enterprise'"
    )


def _create_1() -> None:
    op.create_table(
        "canned_reply",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("park_id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("shared", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["user_account.id"], name=op.f("fk_canned_reply_owner_id")
        ),
        sa.ForeignKeyConstraint(["park_id"], ["park.id"], name=op.f("fk_canned_reply_park_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_canned_reply_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canned_reply")),
    )
    with op.batch_alter_table("canned_reply", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_canned_reply_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index("ix_canned_reply_park", ["park_id", "shared"], unique=False)
    op.create_table(
        "meeting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("park_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("chair", sa.String(), nullable=False),
        sa.Column("attendees", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user_account.id"], name=op.f("fk_meeting_created_by_id")
        ),
        sa.ForeignKeyConstraint(["park_id"], ["park.id"], name=op.f("fk_meeting_park_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting")),
        sa.UniqueConstraint(
            "park_id", "year", "number", name=op.f("uq_meeting_park_id_year_number")
        ),
    )
    op.create_table(
        "preference",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_preference_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_preference")),
        sa.UniqueConstraint("user_id", "key", name=op.f("uq_preference_user_id_key")),
    )
    op.create_table(
        "problem",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("park_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("solution", sa.String(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("solved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("quiet_until", sa.Date(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user_account.id"], name=op.f("fk_problem_created_by_id")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["service_item.id"], name=op.f("fk_problem_item_id")),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["user_account.id"], name=op.f("fk_problem_owner_id")
        ),
        sa.ForeignKeyConstraint(["park_id"], ["park.id"], name=op.f("fk_problem_park_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_problem_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problem")),
        sa.UniqueConstraint("number", name=op.f("uq_problem_number")),
    )
    with op.batch_alter_table("problem", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_problem_quiet_until"), ["quiet_until"], unique=False)
        batch_op.create_index("ix_problem_state", ["park_id", "state", "id"], unique=False)
    op.create_table(
        "rule_application",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("park_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tickets", sa.Integer(), nullable=False),
        sa.Column("undone_by_id", sa.Integer(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["by_id"], ["user_account.id"], name=op.f("fk_rule_application_by_id")
        ),
        sa.ForeignKeyConstraint(["park_id"], ["park.id"], name=op.f("fk_rule_application_park_id")),
        sa.ForeignKeyConstraint(
            ["undone_by_id"], ["user_account.id"], name=op.f("fk_rule_application_undone_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_application")),
    )
    with op.batch_alter_table("rule_application", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rule_application_park_id"), ["park_id"], unique=False)
    op.create_table(
        "rule_set",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("park_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("published_by_id", sa.Integer(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["park_id"], ["park.id"], name=op.f("fk_rule_set_park_id")),
        sa.ForeignKeyConstraint(
            ["published_by_id"], ["user_account.id"], name=op.f("fk_rule_set_published_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_set")),
        sa.UniqueConstraint("park_id", "version", name=op.f("uq_rule_set_park_id_version")),
    )
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("park_id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("shared", sa.String(), nullable=False),
        sa.Column("query", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["user_account.id"], name=op.f("fk_saved_view_owner_id")
        ),
        sa.ForeignKeyConstraint(["park_id"], ["park.id"], name=op.f("fk_saved_view_park_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_saved_view_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
    )
    with op.batch_alter_table("saved_view", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_saved_view_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index("ix_saved_view_park", ["park_id", "shared"], unique=False)


def _create_2() -> None:
    op.create_table(
        "problem_notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("problem_id", sa.Integer(), nullable=False),
        sa.Column("enterprise_id", sa.Integer(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name=op.f("fk_problem_notice_enterprise_id")
        ),
        sa.ForeignKeyConstraint(
            ["problem_id"], ["problem.id"], name=op.f("fk_problem_notice_problem_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problem_notice")),
        sa.UniqueConstraint(
            "problem_id", "enterprise_id", name=op.f("uq_problem_notice_problem_id_enterprise_id")
        ),
    )
    with op.batch_alter_table("problem_notice", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_problem_notice_enterprise_id"), ["enterprise_id"], unique=False
        )
    op.create_table(
        "agenda_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("park_id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=True),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("added_by_id", sa.Integer(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["added_by_id"], ["user_account.id"], name=op.f("fk_agenda_item_added_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_agenda_item_meeting_id")
        ),
        sa.ForeignKeyConstraint(["park_id"], ["park.id"], name=op.f("fk_agenda_item_park_id")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_agenda_item_ticket_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agenda_item")),
    )
    with op.batch_alter_table("agenda_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_agenda_item_meeting_id"), ["meeting_id"], unique=False)
        batch_op.create_index("ix_agenda_item_state", ["park_id", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_agenda_item_ticket_id"), ["ticket_id"], unique=False)
        batch_op.create_index(
            "uq_agenda_item_open",
            ["ticket_id", "kind"],
            unique=True,
            sqlite_where=sa.text("state IN ('waiting', 'listed')"),
            postgresql_where=sa.text("state IN ('waiting', 'listed')"),
        )
    op.create_table(
        "dispatch_record",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("park_id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ruled", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("return_code", sa.String(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["by_id"], ["user_account.id"], name=op.f("fk_dispatch_record_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["service_item.id"], name=op.f("fk_dispatch_record_item_id")
        ),
        sa.ForeignKeyConstraint(["park_id"], ["park.id"], name=op.f("fk_dispatch_record_park_id")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_dispatch_record_ticket_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_dispatch_record_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispatch_record")),
    )
    with op.batch_alter_table("dispatch_record", schema=None) as batch_op:
        batch_op.create_index("ix_dispatch_record_item", ["park_id", "item_id", "at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_dispatch_record_ticket_id"), ["ticket_id"], unique=False
        )
        batch_op.create_index("ix_dispatch_record_unit", ["unit_id", "at"], unique=False)
    op.create_table(
        "draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_draft_ticket_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_draft_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        sa.UniqueConstraint(
            "user_id", "ticket_id", "form", name=op.f("uq_draft_user_id_ticket_id_form")
        ),
    )
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_draft_ticket_id"), ["ticket_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_draft_updated_at"), ["updated_at"], unique=False)
    op.create_table(
        "false_resolution",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("resolved_by_id", sa.Integer(), nullable=True),
        sa.Column("resolution", sa.String(), nullable=False),
        sa.Column("found_by_id", sa.Integer(), nullable=True),
        sa.Column("found_by_role", sa.String(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("lifted_by_id", sa.Integer(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lift_reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["found_by_id"], ["user_account.id"], name=op.f("fk_false_resolution_found_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["lifted_by_id"], ["user_account.id"], name=op.f("fk_false_resolution_lifted_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["resolved_by_id"], ["user_account.id"], name=op.f("fk_false_resolution_resolved_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_false_resolution_ticket_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_false_resolution_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_false_resolution")),
        sa.UniqueConstraint("ticket_id", "round", name=op.f("uq_false_resolution_ticket_id_round")),
    )
    with op.batch_alter_table("false_resolution", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_false_resolution_found_at"), ["found_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_false_resolution_unit_id"), ["unit_id"], unique=False)
    op.create_table(
        "handling_plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("meeting_id", sa.Integer(), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["user_account.id"], name=op.f("fk_handling_plan_asked_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["user_account.id"], name=op.f("fk_handling_plan_decided_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_handling_plan_meeting_id")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_handling_plan_ticket_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handling_plan")),
    )
    with op.batch_alter_table("handling_plan", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_handling_plan_ticket_id"), ["ticket_id"], unique=False)
        batch_op.create_index(
            "uq_handling_plan_pending",
            ["ticket_id"],
            unique=True,
            sqlite_where=sa.text("verdict IS NULL"),
            postgresql_where=sa.text("verdict IS NULL"),
        )
    op.create_table(
        "presence",
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("typed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_presence_ticket_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_presence_user_id")),
        sa.PrimaryKeyConstraint("ticket_id", "user_id", name=op.f("pk_presence")),
    )
    with op.batch_alter_table("presence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_presence_seen_at"), ["seen_at"], unique=False)


def _create_3() -> None:
    op.create_table(
        "problem_ticket",
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("problem_id", sa.Integer(), nullable=False),
        sa.Column("joined_by_id", sa.Integer(), nullable=True),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["joined_by_id"], ["user_account.id"], name=op.f("fk_problem_ticket_joined_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["problem_id"], ["problem.id"], name=op.f("fk_problem_ticket_problem_id")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_problem_ticket_ticket_id")
        ),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_problem_ticket")),
    )
    with op.batch_alter_table("problem_ticket", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_problem_ticket_problem_id"), ["problem_id"], unique=False
        )
    op.create_table(
        "reopening",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("by_role", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("idle_minutes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_reopening_by_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_reopening_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reopening")),
    )
    with op.batch_alter_table("reopening", schema=None) as batch_op:
        batch_op.create_index("ix_reopening_at", ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_reopening_ticket_id"), ["ticket_id"], unique=False)
    op.create_table(
        "routing_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("park_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user_account.id"], name=op.f("fk_routing_rule_created_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["user_account.id"], name=op.f("fk_routing_rule_decided_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["service_item.id"], name=op.f("fk_routing_rule_item_id")
        ),
        sa.ForeignKeyConstraint(["park_id"], ["park.id"], name=op.f("fk_routing_rule_park_id")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_routing_rule_ticket_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_routing_rule_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routing_rule")),
    )
    with op.batch_alter_table("routing_rule", schema=None) as batch_op:
        batch_op.create_index("ix_routing_rule_state", ["park_id", "state"], unique=False)
    op.create_table(
        "rule_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("old_version", sa.Integer(), nullable=False),
        sa.Column("old_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("new_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"], ["rule_application.id"], name=op.f("fk_rule_change_application_id")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_rule_change_ticket_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_change")),
        sa.UniqueConstraint(
            "application_id", "ticket_id", name=op.f("uq_rule_change_application_id_ticket_id")
        ),
    )
    with op.batch_alter_table("rule_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rule_change_ticket_id"), ["ticket_id"], unique=False)
    op.create_table(
        "supplement_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("request", sa.String(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_reminder_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminders", sa.Integer(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["user_account.id"], name=op.f("fk_supplement_request_asked_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["user_account.id"], name=op.f("fk_supplement_request_decided_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_supplement_request_ticket_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplement_request")),
    )
    with op.batch_alter_table("supplement_request", schema=None) as batch_op:
        batch_op.create_index(
            "ix_supplement_request_reminder",
            ["next_reminder_at"],
            unique=False,
            sqlite_where=sa.text("next_reminder_at IS NOT NULL"),
            postgresql_where=sa.text("next_reminder_at IS NOT NULL"),
        )
        batch_op.create_index(
            batch_op.f("ix_supplement_request_ticket_id"), ["ticket_id"], unique=False
        )
        batch_op.create_index(
            "uq_supplement_request_pending",
            ["ticket_id"],
            unique=True,
            sqlite_where=sa.text("verdict IS NULL"),
            postgresql_where=sa.text("verdict IS NULL"),
        )
    op.create_table(
        "support_task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("request", sa.String(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("warn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("ended_by_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["user_account.id"], name=op.f("fk_support_task_asked_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["ended_by_id"], ["user_account.id"], name=op.f("fk_support_task_ended_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_support_task_ticket_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_support_task_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support_task")),
    )
    with op.batch_alter_table("support_task", schema=None) as batch_op:
        batch_op.create_index("ix_support_task_alarm", ["state", "due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_support_task_ticket_id"), ["ticket_id"], unique=False)
        batch_op.create_index(
            "ix_support_task_unit", ["unit_id", "state", "ticket_id"], unique=False
        )
        batch_op.create_index(
            "uq_support_task_waiting",
            ["ticket_id", "unit_id"],
            unique=True,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )
    op.create_table(
        "ticket_follower",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_follower_ticket_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_ticket_follower_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_follower")),
        sa.UniqueConstraint(
            "ticket_id", "user_id", name=op.f("uq_ticket_follower_ticket_id_user_id")
        ),
    )
    with op.batch_alter_table("ticket_follower", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ticket_follower_user_id"), ["user_id"], unique=False)


def _create_4() -> None:
    op.create_table(
        "ticket_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_ticket_link_by_id")),
        sa.ForeignKeyConstraint(["other_id"], ["ticket.id"], name=op.f("fk_ticket_link_other_id")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_link_ticket_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_link")),
        sa.UniqueConstraint(
            "ticket_id", "other_id", name=op.f("uq_ticket_link_ticket_id_other_id")
        ),
    )
    with op.batch_alter_table("ticket_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ticket_link_other_id"), ["other_id"], unique=False)
    op.create_table(
        "undo_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_undo_note_ticket_id")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_undo_note_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_undo_note")),
    )
    with op.batch_alter_table("undo_note", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_undo_note_ticket_id"), ["ticket_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_undo_note_until"), ["until"], unique=False)
    op.create_table(
        "urge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_urge_by_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_urge_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_urge")),
        sa.UniqueConstraint("ticket_id", "day", name=op.f("uq_urge_ticket_id_day")),
    )
    op.create_table(
        "decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("park_id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("agenda_item_id", sa.Integer(), nullable=True),
        sa.Column("ticket_id", sa.Integer(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("warn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("done_note", sa.String(), nullable=False),
        sa.Column("done_by_id", sa.Integer(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by_id", sa.Integer(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agenda_item_id"], ["agenda_item.id"], name=op.f("fk_decision_agenda_item_id")
        ),
        sa.ForeignKeyConstraint(
            ["confirmed_by_id"], ["user_account.id"], name=op.f("fk_decision_confirmed_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["done_by_id"], ["user_account.id"], name=op.f("fk_decision_done_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_decision_meeting_id")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["user_account.id"], name=op.f("fk_decision_owner_id")
        ),
        sa.ForeignKeyConstraint(["park_id"], ["park.id"], name=op.f("fk_decision_park_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_decision_ticket_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_decision_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
        sa.UniqueConstraint("meeting_id", "number", name=op.f("uq_decision_meeting_id_number")),
    )
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.create_index("ix_decision_alarm", ["state", "due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_decision_park_id"), ["park_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_decision_ticket_id"), ["ticket_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_decision_unit_id"), ["unit_id"], unique=False)
    op.create_table(
        "plan_milestone",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("reached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["handling_plan.id"], name=op.f("fk_plan_milestone_plan_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_milestone")),
        sa.UniqueConstraint("plan_id", "position", name=op.f("uq_plan_milestone_plan_id_position")),
    )
    op.create_table(
        "digest_entry",
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"], ["outbox_message.id"], name=op.f("fk_digest_entry_message_id")
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notice.id"], name=op.f("fk_digest_entry_notice_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_digest_entry_user_id")
        ),
        sa.PrimaryKeyConstraint("notice_id", name=op.f("pk_digest_entry")),
    )
    with op.batch_alter_table("digest_entry", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_digest_entry_message_id"), ["message_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_digest_entry_not_before"), ["not_before"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_digest_entry_user_id"), ["user_id"], unique=False)


def _create_duty() -> None:
    op.create_table(
        "absence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("stand_in_id", sa.Integer(), nullable=True),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user_account.id"], name=op.f("fk_absence_created_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["stand_in_id"], ["user_account.id"], name=op.f("fk_absence_stand_in_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_absence_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    with op.batch_alter_table("absence", schema=None) as batch_op:
        batch_op.create_index("ix_absence_user", ["user_id", "last_day"], unique=False)

    op.create_table(
        "assignment_turn",
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_assignment_turn_unit_id")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_assignment_turn_user_id")
        ),
        sa.PrimaryKeyConstraint("unit_id", name=op.f("pk_assignment_turn")),
    )
    op.create_table(
        "handover",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("park_id", sa.Integer(), nullable=False),
        sa.Column("from_id", sa.Integer(), nullable=False),
        sa.Column("to_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("tickets", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_handover_by_id")),
        sa.ForeignKeyConstraint(["from_id"], ["user_account.id"], name=op.f("fk_handover_from_id")),
        sa.ForeignKeyConstraint(["park_id"], ["park.id"], name=op.f("fk_handover_park_id")),
        sa.ForeignKeyConstraint(["to_id"], ["user_account.id"], name=op.f("fk_handover_to_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
    )
    with op.batch_alter_table("handover", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_handover_park_id"), ["park_id"], unique=False)

    op.create_table(
        "shift",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("weekdays", sa.String(), nullable=False),
        sa.Column("make_up_days", sa.Boolean(), nullable=False),
        sa.Column("start_minute", sa.Integer(), nullable=True),
        sa.Column("end_minute", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_shift_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_shift")),
    )
    op.create_table(
        "skill",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_skill_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_skill")),
        sa.UniqueConstraint("user_id", "code", name=op.f("uq_skill_user_id_code")),
    )


def _alter_tables() -> None:
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("urgent", sa.Boolean(), server_default=sa.false(), nullable=False)
        )

    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("user_id", sa.Integer(), nullable=True))
        batch_op.alter_column("notice_id", nullable=True)
        batch_op.create_foreign_key(
            batch_op.f("fk_outbox_message_user_id"), "user_account", ["user_id"], ["id"]
        )

    with op.batch_alter_table("park", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("rules_version", sa.Integer(), server_default="1", nullable=False)
        )

    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("rules_version", sa.Integer(), server_default="1", nullable=False)
        )
        batch_op.add_column(
            sa.Column("urgent", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(sa.Column("stage", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("repeat_of_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("merged_into_id", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("settled", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(
            sa.Column("supplements", sa.Integer(), server_default="0", nullable=False)
        )
        batch_op.add_column(sa.Column("urges", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("supports", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(
            sa.Column("support_waiting", sa.Integer(), server_default="0", nullable=False)
        )
        batch_op.add_column(
            sa.Column("false_resolution", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(
            sa.Column("rectifying", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(sa.Column("rated_person_id", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("follow_up_due_at", sa.DateTime(timezone=True), nullable=True)
        )
        batch_op.add_column(sa.Column("contact_due_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("called_back_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(
            sa.Column("carried", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(sa.Column("leg_from", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("leg_until", sa.Date(), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_ticket_merged_into_id"), ["merged_into_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_ticket_repeat_of_id"), ["repeat_of_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_ticket_merged_into_id"),
            "ticket",
            ["merged_into_id"],
            ["id"],
            initially="DEFERRED",
            deferrable=True,
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_ticket_rated_person_id"), "user_account", ["rated_person_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_ticket_repeat_of_id"),
            "ticket",
            ["repeat_of_id"],
            ["id"],
            initially="DEFERRED",
            deferrable=True,
        )

    with op.batch_alter_table("unit", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("assignment", sa.String(), server_default="hand", nullable=False)
        )

    with op.batch_alter_table("user_account", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("mail_mode", sa.String(), server_default="at_once", nullable=False)
        )
        batch_op.add_column(
            sa.Column("quiet", sa.Boolean(), server_default=sa.true(), nullable=False)
        )


def _alter_back() -> None:
    with op.batch_alter_table("user_account", schema=None) as batch_op:
        batch_op.drop_column("quiet")
        batch_op.drop_column("mail_mode")

    with op.batch_alter_table("unit", schema=None) as batch_op:
        batch_op.drop_column("assignment")

    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_ticket_repeat_of_id"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_ticket_rated_person_id"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_ticket_merged_into_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_ticket_repeat_of_id"))
        batch_op.drop_index(batch_op.f("ix_ticket_merged_into_id"))
        batch_op.drop_column("leg_until")
        batch_op.drop_column("leg_from")
        batch_op.drop_column("carried")
        batch_op.drop_column("called_back_at")
        batch_op.drop_column("contact_due_at")
        batch_op.drop_column("follow_up_due_at")
        batch_op.drop_column("rated_person_id")
        batch_op.drop_column("rectifying")
        batch_op.drop_column("false_resolution")
        batch_op.drop_column("support_waiting")
        batch_op.drop_column("supports")
        batch_op.drop_column("urges")
        batch_op.drop_column("supplements")
        batch_op.drop_column("settled")
        batch_op.drop_column("merged_into_id")
        batch_op.drop_column("repeat_of_id")
        batch_op.drop_column("stage")
        batch_op.drop_column("urgent")
        batch_op.drop_column("rules_version")

    with op.batch_alter_table("park", schema=None) as batch_op:
        batch_op.drop_column("rules_version")

    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_outbox_message_user_id"), type_="foreignkey")
        batch_op.drop_column("user_id")

    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.drop_column("urgent")
