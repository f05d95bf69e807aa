"""Write TOML, on the command line as elsewhere."""

from exempt.rules.toml import to_toml as to_toml  # noqa: PLC0414 - it is known by this name
