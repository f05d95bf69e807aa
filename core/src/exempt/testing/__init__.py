"""What connector authors test and demonstrate with."""

from exempt.testing.context import StillContext, read_all, records

__all__ = ["StillContext", "read_all", "records"]
