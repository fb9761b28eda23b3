"""What is playing, as pure functions of time. Never files; only `clock.py` reads a clock."""
