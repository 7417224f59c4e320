"""What else an enterprise's file holds: titles, patents, contracts, contacts, imports."""

import unicodedata

import sqlalchemy as sa
from alembic import op
from pypinyin import Style, lazy_pinyin

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "enterprise_title",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enterprise_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("awarded_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name=op.f("fk_enterprise_title_enterprise_id")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"],
            ["user_account.id"],
            name=op.f("fk_enterprise_title_recorded_by_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enterprise_title")),
        sa.UniqueConstraint(
            "enterprise_id",
            "name",
            "awarded_on",
            name=op.f("uq_enterprise_title_enterprise_id_name_awarded_on"),
        ),
    )
    with op.batch_alter_table("enterprise_title", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_enterprise_title_name"), ["name"], unique=False)
        batch_op.create_index("ix_enterprise_title_expiry", ["expires_on"], unique=False)

    op.create_table(
        "enterprise_patent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enterprise_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("granted_on", sa.Date(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=True),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name=op.f("fk_enterprise_patent_enterprise_id")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"],
            ["user_account.id"],
            name=op.f("fk_enterprise_patent_recorded_by_id"),
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_enterprise_patent_ticket_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enterprise_patent")),
        sa.UniqueConstraint("number", name=op.f("uq_enterprise_patent_number")),
    )
    with op.batch_alter_table("enterprise_patent", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_enterprise_patent_enterprise_id"), ["enterprise_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_enterprise_patent_ticket_id"), ["ticket_id"], unique=False
        )
        batch_op.create_index(
            "ix_enterprise_patent_granted", ["granted_on", "enterprise_id"], unique=False
        )

    op.create_table(
        "enterprise_contract",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enterprise_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("party", sa.String(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=True),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name=op.f("fk_enterprise_contract_enterprise_id")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"],
            ["user_account.id"],
            name=op.f("fk_enterprise_contract_recorded_by_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enterprise_contract")),
        sa.UniqueConstraint(
            "enterprise_id",
            "title",
            "party",
            "signed_on",
            name=op.f("uq_enterprise_contract_enterprise_id_title_party_signed_on"),
        ),
    )
    op.create_table(
        "enterprise_contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enterprise_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("post", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("verified_on", sa.Date(), nullable=True),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name=op.f("fk_enterprise_contact_enterprise_id")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"],
            ["user_account.id"],
            name=op.f("fk_enterprise_contact_recorded_by_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enterprise_contact")),
        sa.UniqueConstraint(
            "enterprise_id",
            "name",
            "phone",
            name=op.f("uq_enterprise_contact_enterprise_id_name_phone"),
        ),
    )
    op.create_table(
        "enterprise_correction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enterprise_id", sa.Integer(), nullable=False),
        sa.Column("proposed", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decided_by_id"],
            ["user_account.id"],
            name=op.f("fk_enterprise_correction_decided_by_id"),
        ),
        sa.ForeignKeyConstraint(
            ["enterprise_id"],
            ["enterprise.id"],
            name=op.f("fk_enterprise_correction_enterprise_id"),
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"],
            ["user_account.id"],
            name=op.f("fk_enterprise_correction_proposed_by_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enterprise_correction")),
    )
    with op.batch_alter_table("enterprise_correction", schema=None) as batch_op:
        batch_op.create_index(
            "ix_enterprise_correction_enterprise", ["enterprise_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_enterprise_correction_state"), ["state"], unique=False)
        batch_op.create_index(
            "uq_enterprise_correction_open",
            ["enterprise_id"],
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    op.create_table(
        "enterprise_import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("park_id", sa.Integer(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("uploaded_by_id", sa.Integer(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_by_id", sa.Integer(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["done_by_id"], ["user_account.id"], name=op.f("fk_enterprise_import_done_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["park_id"], ["park.id"], name=op.f("fk_enterprise_import_park_id")
        ),
        sa.ForeignKeyConstraint(
            ["uploaded_by_id"],
            ["user_account.id"],
            name=op.f("fk_enterprise_import_uploaded_by_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enterprise_import")),
    )
    with op.batch_alter_table("enterprise_import", schema=None) as batch_op:
        batch_op.create_index("ix_enterprise_import_park", ["park_id", "id"], unique=False)

    op.create_table(
        "enterprise_not_duplicate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("first_id", sa.Integer(), nullable=False),
        sa.Column("second_id", sa.Integer(), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["decided_by_id"],
            ["user_account.id"],
            name=op.f("fk_enterprise_not_duplicate_decided_by_id"),
        ),
        sa.ForeignKeyConstraint(
            ["first_id"], ["enterprise.id"], name=op.f("fk_enterprise_not_duplicate_first_id")
        ),
        sa.ForeignKeyConstraint(
            ["second_id"], ["enterprise.id"], name=op.f("fk_enterprise_not_duplicate_second_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enterprise_not_duplicate")),
        sa.UniqueConstraint(
            "first_id", "second_id", name=op.f("uq_enterprise_not_duplicate_first_id_second_id")
        ),
    )
    with op.batch_alter_table("enterprise", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("search_text", sa.String(), server_default="", nullable=False)
        )
        batch_op.create_index(
            batch_op.f("ix_enterprise_service_officer_id"), ["service_officer_id"], unique=False
        )
    _fill_search_texts()


def _fill_search_texts() -> None:
    """Make the enterprises that are there findable; from now on the actions write the column."""
    table = sa.table("enterprise", sa.column("id"), sa.column("name"), sa.column("search_text"))
    connection = op.get_bind()
    for number, name in connection.execute(sa.select(table.c.id, table.c.name)).all():
        folded = unicodedata.normalize("NFKC", name).casefold()
        words = [folded]
        for style in (Style.FIRST_LETTER, Style.NORMAL):
            words.append("".join(lazy_pinyin(folded, style=style, errors="ignore")))
        change = table.update().where(table.c.id == number)
        connection.execute(change.values(search_text=" ".join(words)))


def downgrade() -> None:
    with op.batch_alter_table("enterprise", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_enterprise_service_officer_id"))
        batch_op.drop_column("search_text")

    op.drop_table("enterprise_not_duplicate")
    with op.batch_alter_table("enterprise_import", schema=None) as batch_op:
        batch_op.drop_index("ix_enterprise_import_park")

    op.drop_table("enterprise_import")
    with op.batch_alter_table("enterprise_correction", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_enterprise_correction_open",
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )
        batch_op.drop_index(batch_op.f("ix_enterprise_correction_state"))
        batch_op.drop_index("ix_enterprise_correction_enterprise")

    op.drop_table("enterprise_correction")
    op.drop_table("enterprise_contact")
    op.drop_table("enterprise_contract")
    with op.batch_alter_table("enterprise_patent", schema=None) as batch_op:
        batch_op.drop_index("ix_enterprise_patent_granted")
        batch_op.drop_index(batch_op.f("ix_enterprise_patent_ticket_id"))
        batch_op.drop_index(batch_op.f("ix_enterprise_patent_enterprise_id"))

    op.drop_table("enterprise_patent")
    with op.batch_alter_table("enterprise_title", schema=None) as batch_op:
        batch_op.drop_index("ix_enterprise_title_expiry")
        batch_op.drop_index(batch_op.f("ix_enterprise_title_name"))

    op.drop_table("enterprise_title")
