"""Model files without torch: what they are, whether they are whole, what they may be used for; nothing is loaded."""
