"""Fixtures for all tests: a tiny company made by hand, and real nights, each run once a session."""

pytest_plugins = ["tests.tiny_company", "tests.nights", "tests.sample_exports"]
