"""What `tidings init`, `new` and `update` write: a repository, an incident's file, an update in a file. Pure.

Templates are the files in `repository/` and `incidents/`. `dot-` at the beginning of a name stands for a dot, so that
no tool takes the templates for its own settings. `@name@` is replaced.
"""
