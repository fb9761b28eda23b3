"""Songs as graphs: pictures are nodes, transitions edges; what to make and where to go. Pure: it opens no file."""
