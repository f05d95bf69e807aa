"""Papers looked into and drawn, where nothing that is wrong with them does harm."""
