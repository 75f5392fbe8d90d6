"""Tests of the glossaries: real files, real SQLite."""
