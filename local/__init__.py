"""Runs Crosswalk on this machine, without Docker: `host` serves template.yaml, `postgres` is the users' database."""
