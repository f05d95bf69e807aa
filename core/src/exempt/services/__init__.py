"""One use case a module, one transaction a call; ports come as arguments."""
