"""HTTP: what a caller may send, what it gets back, which status an error becomes; no model, no settings."""
