"""A Postgres of our own, run from the binaries of a Python package or of the distribution.

Begin with `server.py`. `directory.py` is where everything lies, `cluster.py` makes the database, `process.py` and
`launch.py` run it, `unprivileged.py` and `access_probe.py` find an account that may, `binaries.py` finds the programs.
`passwd_line.py` lends a name to one without. `disk_space.py` stops records before the disk is full,
`shell_variables.py` keeps the shell from steering libpq.
"""
