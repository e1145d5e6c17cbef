"""Tests that look at the site with a real browser: `make test-browser`."""
