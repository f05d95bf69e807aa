"""What connector authors test and demonstrate with."""
