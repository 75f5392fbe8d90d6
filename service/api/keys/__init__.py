"""API keys: the file that lists them, what each may do and how much of it; no HTTP in here."""
