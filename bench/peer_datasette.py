# /// script
# requires-python = ">=3.11"
# dependencies = ["datasette==0.65.5"]
# ///
"""Datasette's command line, to compare its start with ours: ``peer_datasette.py --help``."""

from __future__ import annotations

from datasette.cli import cli

if __name__ == "__main__":
    cli()
