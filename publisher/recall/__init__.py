"""What earlier runs worked out, so that an edit costs what changed. Disposable: see docs/adr/0010."""
