"""Tests of the whole service, as a user meets it."""
