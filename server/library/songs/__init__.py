"""Song folders: where their files are, read into a graph and written back. It decodes nothing."""
