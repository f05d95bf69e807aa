"""Pure functions on records: no I/O, and the day is an argument."""
