"""What can be said: the endpoint table, OSC bytes and their meaning. No sockets."""
