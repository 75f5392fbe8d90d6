"""Clients of other services against ours, as their packages are."""
