"""All I/O: SQL, files, processes."""
