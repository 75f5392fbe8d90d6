"""Glossaries that callers leave here for later requests: terms, and where they are kept."""
