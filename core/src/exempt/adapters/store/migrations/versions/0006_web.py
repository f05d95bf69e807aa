"""The web: people and their keys, links, what customers send in, documents, words, events out.

Revision 0006, after 0005.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.BigInteger()  # microseconds since 1970, UTC

_NEW = (
    "upload",
    "submission_file",
    "portal_session",
    "submission",
    "request_link",
    "event_out",
    "user_session",
    "user_link",
    "mail_template",
    "idempotent_call",
    "event_endpoint",
    "document_page",
    "user_account",
    "document",
    "attempt",
    "api_key",
)


def upgrade() -> None:
    """Add what people do in a browser, and what the API keeps."""
    op.create_table(
        "api_key",
        sa.Column("id", ID, nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("company_ids", sa.Text(), nullable=True),
        sa.Column("rights", sa.Text(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_key"),
        sa.UniqueConstraint("prefix", name="uq_api_key_prefix"),
    )
    op.create_table(
        "attempt",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_attempt"),
    )
    op.create_index("ix_attempt_name_made_at", "attempt", ["name", "made_at"])
    op.create_table(
        "document",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("shown_sha256", sa.Text(), nullable=False),
        sa.Column("shown_media_type", sa.Text(), nullable=False),
        sa.Column("removed", sa.Text(), server_default="[]", nullable=False),
        sa.Column("reading", sa.Text(), nullable=True),
        sa.Column("checked_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_document"),
    )
    op.create_table(
        "user_account",
        sa.Column("id", ID, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("company_ids", sa.Text(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("totp_sealed", sa.Text(), nullable=True),
        sa.Column("totp_step", sa.BigInteger(), nullable=True),
        sa.Column("recovery", sa.Text(), server_default="[]", nullable=False),
        sa.Column("oidc_subject", sa.Text(), nullable=True),
        sa.Column("disabled_at", MOMENT, nullable=True),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("signed_in_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_user_account"),
        sa.UniqueConstraint("email", name="uq_user_account_email"),
        sa.UniqueConstraint("oidc_subject", name="uq_user_account_oidc_subject"),
    )
    op.create_table(
        "document_page",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("image_sha256", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["sha256"], ["document.sha256"], name="fk_document_page_sha256"),
        sa.PrimaryKeyConstraint("sha256", "page", name="pk_document_page"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "event_endpoint",
        sa.Column("id", ID, nullable=False),
        sa.Column("company_id", ID, nullable=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.Column("secret_sealed", sa.Text(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("disabled_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name="fk_event_endpoint_company_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_event_endpoint"),
    )
    op.create_table(
        "idempotent_call",
        sa.Column("api_key_id", ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", sa.Text(), server_default="{}", nullable=False),
        sa.Column("body", sa.Text(), server_default="", nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["api_key_id"], ["api_key.id"], name="fk_idempotent_call_api_key_id"
        ),
        sa.PrimaryKeyConstraint("api_key_id", "key", name="pk_idempotent_call"),
    )
    op.create_table(
        "mail_template",
        sa.Column("id", ID, nullable=False),
        sa.Column("company_id", ID, nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name="fk_mail_template_company_id"),
        sa.PrimaryKeyConstraint("id", name="pk_mail_template"),
    )
    op.create_index(
        "ix_mail_template_purpose_company_id", "mail_template", ["purpose", "company_id"]
    )
    op.create_table(
        "user_link",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_user_link_user_id"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_user_link"),
    )
    op.create_table(
        "user_session",
        sa.Column("id_hash", sa.Text(), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("agent", sa.Text(), server_default="", nullable=False),
        sa.Column("complete", sa.Boolean(name="complete"), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_user_session_user_id"),
        sa.PrimaryKeyConstraint("id_hash", name="pk_user_session"),
    )
    op.create_index("ix_user_session_user_id", "user_session", ["user_id"])
    op.create_table(
        "event_out",
        sa.Column("id", ID, nullable=False),
        sa.Column("endpoint_id", ID, nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["event_endpoint.id"], name="fk_event_out_endpoint_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_event_out"),
        sa.UniqueConstraint("endpoint_id", "event_id", name="uq_event_out_endpoint_id_event_id"),
    )
    op.create_index(
        "ix_event_out_open",
        "event_out",
        ["due_at"],
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_table(
        "request_link",
        sa.Column("id", ID, nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.Column("opened_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name="fk_request_link_request_id"),
        sa.PrimaryKeyConstraint("id", name="pk_request_link"),
        sa.UniqueConstraint("token_hash", name="uq_request_link_token_hash"),
    )
    op.create_index("ix_request_link_request_id", "request_link", ["request_id"])
    op.create_table(
        "submission",
        sa.Column("id", ID, nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("certificate_id", ID, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("answers", sa.Text(), server_default="{}", nullable=False),
        sa.Column("signature", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("saved_at", MOMENT, nullable=False),
        sa.Column("submitted_at", MOMENT, nullable=True),
        sa.Column("reviewed_at", MOMENT, nullable=True),
        sa.Column("reviewed_by", sa.Text(), nullable=True),
        sa.Column("noticed_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name="fk_submission_certificate_id"
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_submission_customer_id"),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name="fk_submission_request_id"),
        sa.PrimaryKeyConstraint("id", name="pk_submission"),
    )
    op.create_index("ix_submission_certificate_id", "submission", ["certificate_id"])
    op.create_index("ix_submission_request_id", "submission", ["request_id"])
    op.create_index(
        "ix_submission_waiting",
        "submission",
        ["submitted_at"],
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "portal_session",
        sa.Column("id_hash", sa.Text(), nullable=False),
        sa.Column("link_id", ID, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["request_link.id"], name="fk_portal_session_link_id"),
        sa.PrimaryKeyConstraint("id_hash", name="pk_portal_session"),
    )
    op.create_table(
        "submission_file",
        sa.Column("id", ID, nullable=False),
        sa.Column("submission_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name="fk_submission_file_submission_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_submission_file"),
    )
    op.create_index("ix_submission_file_submission_id", "submission_file", ["submission_id"])
    op.create_table(
        "upload",
        sa.Column("id_hash", sa.Text(), nullable=False),
        sa.Column("submission_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("moved_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name="fk_upload_submission_id"
        ),
        sa.PrimaryKeyConstraint("id_hash", name="pk_upload"),
    )
    op.create_index(
        "ix_certificate_waiting",
        "certificate",
        ["created_at"],
        sqlite_where=sa.text("review_status = 'pending'"),
        postgresql_where=sa.text("review_status = 'pending'"),
    )
    with op.batch_alter_table("request") as batch:
        batch.add_column(sa.Column("reasons", sa.Text(), server_default="[]", nullable=False))
        batch.add_column(sa.Column("message", sa.Text(), server_default="", nullable=False))
        batch.add_column(sa.Column("made_by", sa.Text(), server_default="", nullable=False))
        batch.add_column(sa.Column("way", sa.Text(), server_default="mail", nullable=False))
        batch.add_column(
            sa.Column("own_recipient", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch.add_column(sa.Column("expires_at", MOMENT, nullable=True))
        batch.add_column(sa.Column("opened_at", MOMENT, nullable=True))
        batch.add_column(sa.Column("submitted_at", MOMENT, nullable=True))
        batch.add_column(sa.Column("closed_at", MOMENT, nullable=True))
        batch.add_column(sa.Column("closed_by", sa.Text(), nullable=True))


def downgrade() -> None:
    """Take it away again."""
    op.drop_index("ix_certificate_waiting", "certificate")
    with op.batch_alter_table("request") as batch:
        batch.drop_column("closed_by")
        batch.drop_column("closed_at")
        batch.drop_column("submitted_at")
        batch.drop_column("opened_at")
        batch.drop_column("expires_at")
        batch.drop_column("own_recipient")
        batch.drop_column("way")
        batch.drop_column("made_by")
        batch.drop_column("message")
        batch.drop_column("reasons")
    for table in _NEW:
        op.drop_table(table)
