"""The tables of what people do in a browser: sign in, send certificates, review; and of the API."""

from __future__ import annotations

import sqlalchemy as sa

from exempt.adapters.store.columns import Moment
from exempt.adapters.store.schema import Id, id_, metadata, ref

# --- who may do what -------------------------------------------------------------------

user_account = sa.Table(
    "user_account",
    metadata,
    id_(),
    sa.Column("email", sa.Text, nullable=False, unique=True),  # in small letters
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    # As JSON: the companies that they see; null = all.
    sa.Column("company_ids", sa.Text),
    sa.Column("password_hash", sa.Text),
    # The second factor, sealed with a key that is not in the database; the last step it was used.
    sa.Column("totp_sealed", sa.Text),
    sa.Column("totp_step", sa.BigInteger),
    # As JSON: SHA-256 of the recovery codes that are left.
    sa.Column("recovery", sa.Text, nullable=False, server_default="[]"),
    sa.Column("oidc_subject", sa.Text, unique=True),
    sa.Column("disabled_at", Moment),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("signed_in_at", Moment),
)

user_session = sa.Table(
    "user_session",
    metadata,
    sa.Column("id_hash", sa.Text, primary_key=True),
    ref("user_id", "user_account"),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("seen_at", Moment, nullable=False),
    sa.Column("address", sa.Text, nullable=False, server_default=""),
    sa.Column("agent", sa.Text, nullable=False, server_default=""),
    # Whether the second factor was given, too; without it only that can be given.
    sa.Column("complete", sa.Boolean(name="complete"), nullable=False),
    sa.Index(None, "user_id"),
)

# Links that are used once: the first administrator's, invitations, new passwords.
user_link = sa.Table(
    "user_link",
    metadata,
    sa.Column("token_hash", sa.Text, primary_key=True),
    ref("user_id", "user_account", null=True),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("used_at", Moment),
)

api_key = sa.Table(
    "api_key",
    metadata,
    id_(),
    sa.Column("prefix", sa.Text, nullable=False, unique=True),
    sa.Column("secret_hash", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("company_ids", sa.Text),
    sa.Column("rights", sa.Text, nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("expires_at", Moment),
    sa.Column("used_at", Moment),
    sa.Column("revoked_at", Moment),
)

# What was tried and failed, or may be done so often only: by account, address or link.
attempt = sa.Table(
    "attempt",
    metadata,
    id_(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.Index(None, "name", "made_at"),
)

# --- requests, and what customers send in ----------------------------------------------

# The links in mails; each mail has one of its own, made when it goes out.
request_link = sa.Table(
    "request_link",
    metadata,
    id_(),
    ref("request_id", "request"),
    sa.Column("token_hash", sa.Text, nullable=False, unique=True),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("revoked_at", Moment),
    sa.Column("opened_at", Moment),
    sa.Index(None, "request_id"),
)

portal_session = sa.Table(
    "portal_session",
    metadata,
    sa.Column("id_hash", sa.Text, primary_key=True),
    ref("link_id", "request_link"),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("seen_at", Moment, nullable=False),
)

submission = sa.Table(
    "submission",
    metadata,
    id_(),
    ref("request_id", "request"),
    ref("customer_id", "customer"),
    ref("certificate_id", "certificate", null=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("way", sa.Text, nullable=False),
    # As JSON: what the customer filled in so far, and how they signed.
    sa.Column("answers", sa.Text, nullable=False, server_default="{}"),
    sa.Column("signature", sa.Text),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("saved_at", Moment, nullable=False),
    sa.Column("submitted_at", Moment),
    sa.Column("reviewed_at", Moment),
    sa.Column("reviewed_by", sa.Text),
    # When staff were told that it waits.
    sa.Column("noticed_at", Moment),
    sa.Index(None, "request_id"),
    sa.Index(None, "certificate_id"),
    sa.Index(
        "ix_submission_waiting",
        "submitted_at",
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    ),
)

submission_file = sa.Table(
    "submission_file",
    metadata,
    id_(),
    ref("submission_id", "submission"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("added_at", Moment, nullable=False),
    sa.Index(None, "submission_id"),
)

# A file that arrives in parts; its bytes lie beside the documents under the same name.
upload = sa.Table(
    "upload",
    metadata,
    sa.Column("id_hash", sa.Text, primary_key=True),
    ref("submission_id", "submission"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("received", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("moved_at", Moment, nullable=False),
)

# What a kept file is: looked at once, in a process of its own; by the hash of the original.
document = sa.Table(
    "document",
    metadata,
    sa.Column("sha256", sa.Text, primary_key=True),
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("pages", sa.Integer, nullable=False),
    # The copy that is shown and served: nothing in it can run.
    sa.Column("shown_sha256", sa.Text, nullable=False),
    sa.Column("shown_media_type", sa.Text, nullable=False),
    # As JSON: what was taken out of the copy; and what was read in it, null = not yet.
    sa.Column("removed", sa.Text, nullable=False, server_default="[]"),
    sa.Column("reading", sa.Text),
    sa.Column("checked_at", Moment, nullable=False),
)

document_page = sa.Table(
    "document_page",
    metadata,
    sa.Column("sha256", sa.Text, sa.ForeignKey("document.sha256"), primary_key=True),
    sa.Column("page", sa.Integer, primary_key=True),
    sa.Column("image_sha256", sa.Text, nullable=False),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sqlite_with_rowid=False,
)

# The words of mails, each version kept; the newest of a company, else of all, counts.
mail_template = sa.Table(
    "mail_template",
    metadata,
    id_(),
    ref("company_id", "company", null=True),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Index(None, "purpose", "company_id"),
)

# --- the API ---------------------------------------------------------------------------

# The answers to calls with a key of the caller's, so that a call made twice happens once.
idempotent_call = sa.Table(
    "idempotent_call",
    metadata,
    sa.Column("api_key_id", Id, sa.ForeignKey("api_key.id"), primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("status", sa.Integer),  # null = it is being answered
    sa.Column("headers", sa.Text, nullable=False, server_default="{}"),
    sa.Column("body", sa.Text, nullable=False, server_default=""),
    sa.Column("made_at", Moment, nullable=False),
)

# Whoever is told by a webhook of ours of what happens here.
event_endpoint = sa.Table(
    "event_endpoint",
    metadata,
    id_(),
    ref("company_id", "company", null=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("kinds", sa.Text, nullable=False),
    sa.Column("secret_sealed", sa.Text, nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("disabled_at", Moment),
)

event_out = sa.Table(
    "event_out",
    metadata,
    id_(),
    ref("endpoint_id", "event_endpoint"),
    sa.Column("event_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("done_at", Moment),
    sa.Column("message", sa.Text),
    sa.UniqueConstraint("endpoint_id", "event_id"),
    sa.Index(
        "ix_event_out_open",
        "due_at",
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    ),
)
