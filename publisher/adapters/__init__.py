"""The outside, one module a protocol or product."""
