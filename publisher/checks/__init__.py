"""Every rule looks at the whole history and says what it finds."""
