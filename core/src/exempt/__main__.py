"""``python -m exempt`` is the command line."""

from exempt.cli import main

main()
