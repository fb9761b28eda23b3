"""The files that users already have, one format a module: bytes to values and back. It opens no file."""
