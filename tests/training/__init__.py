"""Tests of `training`; the only ones that need torch."""
