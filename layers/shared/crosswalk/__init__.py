"""Crosswalk: JSON to XML and back without loss, and a small table of users."""
