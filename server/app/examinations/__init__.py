"""What `interscene doctor` looks at, one part of a computer a module; each says what it found, and what to do."""
