"""A plan, and carrying it out: uploads in groups, messages with receipts."""
