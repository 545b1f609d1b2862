"""Duties to tell somebody: which apply, when they are due, how they stand. Pure: no clock, no files."""
