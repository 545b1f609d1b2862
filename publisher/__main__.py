"""`python -m publisher` is `tidings`."""

from publisher.cli.main import main

main()
