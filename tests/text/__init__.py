"""Tests of `service.text`."""
