"""Views become artifacts. Pure."""
