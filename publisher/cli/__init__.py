"""Commands: parse, print, set the exit code."""
