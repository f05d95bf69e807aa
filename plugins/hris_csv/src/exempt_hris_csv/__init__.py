"""Connects Exempt to HR exports as CSV."""
