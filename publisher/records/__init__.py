"""What every ledger, archive and subscriber list does, whatever holds it."""
