"""What Exempt shows and takes in over HTTP."""
