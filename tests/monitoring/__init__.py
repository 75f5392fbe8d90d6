"""Tests of `monitoring/`: rules, dashboards, and what they are worth to a real Prometheus."""
