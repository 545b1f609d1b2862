"""MkDocs and Material: the frames that the builder fills. Only here are they imported."""
