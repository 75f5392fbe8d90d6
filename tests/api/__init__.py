"""Tests of `service.api`, over HTTP."""
