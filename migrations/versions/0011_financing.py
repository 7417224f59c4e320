"""Financing needs, bank products and offers."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bank_product",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("park_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("bank", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("amount_min", sa.Integer(), nullable=False),
        sa.Column("amount_max", sa.Integer(), nullable=False),
        sa.Column("rate_low", sa.Double(), nullable=False),
        sa.Column("rate_high", sa.Double(), nullable=False),
        sa.Column("term_months_max", sa.Integer(), nullable=False),
        sa.Column("collaterals", sa.JSON(), nullable=False),
        sa.Column("conditions", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["park_id"], ["park.id"], name="fk_bank_product_park_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name="fk_bank_product_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_bank_product"),
        sa.UniqueConstraint(
            "park_id", "unit_id", "name", name="uq_bank_product_park_id_unit_id_name"
        ),
    )
    op.create_index("ix_bank_product_unit_id", "bank_product", ["unit_id"])
    op.create_table(
        "financing_need",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("park_id", sa.Integer(), nullable=False),
        sa.Column("enterprise_id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("term_months", sa.Integer(), nullable=False),
        sa.Column("collaterals", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("close_reason", sa.String(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["park_id"], ["park.id"], name="fk_financing_need_park_id"),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name="fk_financing_need_enterprise_id"
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_financing_need_ticket_id"),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user_account.id"], name="fk_financing_need_created_by_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_financing_need"),
        sa.UniqueConstraint("ticket_id", name="uq_financing_need_ticket_id"),
    )
    op.create_index("ix_financing_need_enterprise_id", "financing_need", ["enterprise_id"])
    op.create_index("ix_financing_need_list", "financing_need", ["park_id", "state", "id"])
    op.create_index("ix_financing_need_created", "financing_need", ["park_id", "created_at"])
    op.create_table(
        "financing_offer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("rate", sa.Double(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("offered_by_id", sa.Integer(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("granted_amount", sa.Integer(), nullable=True),
        sa.Column("granted_on", sa.Date(), nullable=True),
        sa.Column("refuse_reason", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["need_id"], ["financing_need.id"], name="fk_financing_offer_need_id"
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["bank_product.id"], name="fk_financing_offer_product_id"
        ),
        sa.ForeignKeyConstraint(
            ["offered_by_id"], ["user_account.id"], name="fk_financing_offer_offered_by_id"
        ),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["user_account.id"], name="fk_financing_offer_answered_by_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_financing_offer"),
        sa.UniqueConstraint("need_id", "product_id", name="uq_financing_offer_need_id_product_id"),
    )
    op.create_index("ix_financing_offer_product_id", "financing_offer", ["product_id"])
    op.create_index("ix_financing_offer_granted", "financing_offer", ["granted_on"])
    op.create_table(
        "financing_drawdown",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("offer_id", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["financing_offer.id"], name="fk_financing_drawdown_offer_id"
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["user_account.id"], name="fk_financing_drawdown_recorded_by_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_financing_drawdown"),
        sa.UniqueConstraint("offer_id", "key", name="uq_financing_drawdown_offer_id_key"),
    )
    op.create_index("ix_financing_drawdown_paid", "financing_drawdown", ["paid_on"])


def downgrade() -> None:
    for table in ("financing_drawdown", "financing_offer", "financing_need", "bank_product"):
        op.drop_table(table)
