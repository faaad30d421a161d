"""Exports: placeholder."""

ROLES = ()
