"""What a customer sees through the link in our mail."""
