"""Connects Exempt to mail by SMTP."""
