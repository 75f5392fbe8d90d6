"""Tests, one folder per part of the project; fakes are real classes in `fakes.py`."""
