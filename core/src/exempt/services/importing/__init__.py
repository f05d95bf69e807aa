"""Imports of customers: read a file, check it, show what it changes, apply it, undo it."""
