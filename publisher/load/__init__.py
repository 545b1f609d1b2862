"""What people type becomes the model, or findings. No I/O."""
