"""What Tidings talks about, as frozen values."""
