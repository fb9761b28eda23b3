"""Controllers of other makers laid on rows of the table: what they say, what is made of it, and the file it is in."""
