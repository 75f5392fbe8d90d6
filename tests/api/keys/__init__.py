"""Keys, their file and their limits, without HTTP."""
