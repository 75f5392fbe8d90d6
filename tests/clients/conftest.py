"""The service as a process, with the models that the end-to-end tests use."""

from __future__ import annotations

from tests.e2e.conftest import client, server, store

__all__ = ["client", "server", "store"]
