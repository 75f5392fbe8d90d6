"""Tests of the container image; `make image-test` runs them where a Docker engine does."""
