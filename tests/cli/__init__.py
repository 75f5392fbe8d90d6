"""Tests of what the commands are made of."""
