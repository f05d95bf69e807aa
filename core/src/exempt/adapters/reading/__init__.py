"""Papers read: their form fields, the words on them, and the words in pictures of them."""
