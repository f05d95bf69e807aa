"""Frozen records: what is known, without any I/O."""
