"""Who decides: one thread applies commands and ticks to the show's state. Never sockets, never files."""
