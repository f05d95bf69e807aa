"""The store: everything Exempt knows, in SQLite or PostgreSQL."""
