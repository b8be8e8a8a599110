"""Messages on the local disk while Postgres is away, and their way back.

Begin with `spool_file.py`: one file, and what of it is drained. `spooled_message.py`: a message in it.
`spool_storage.py`: SQLite. `spool_disk.py`: the room for it. `spool_directory.py`: the files of all processes, and of
dead ones.
`drainer.py`: the thread that stores them once Postgres is back. `spool_registry.py`: what Postgres knows of spools.
`pending_ledger.py`: counts that are not written yet.
"""
