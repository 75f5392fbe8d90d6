"""Tests of the page and the web component, in a real browser."""
