"""Speed beside peers, in one run. Nothing in the server knows of it."""
