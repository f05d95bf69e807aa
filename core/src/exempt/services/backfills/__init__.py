"""Sales of the past out of files: checked, imported, and marked as complete."""
