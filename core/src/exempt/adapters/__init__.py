"""The ports of the services, made of real things: database, files, plugins."""
