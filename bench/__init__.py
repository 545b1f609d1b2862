"""How long things take, beside the programs that others use for them; see `make bench`."""
