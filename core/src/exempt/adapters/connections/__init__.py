"""Plugins found, and connections opened, so that a broken one harms nobody."""
