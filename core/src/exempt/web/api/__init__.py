"""The API for programs: ERPs, shops, and whatever else asks."""
