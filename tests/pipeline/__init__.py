"""The way of a text."""
