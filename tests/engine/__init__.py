"""Tests of `service.engine`."""
