"""Scouter for Python: a self-hosted monitoring server for machine-learning services.

Begin with `server.py`: which parts a server has and in which order they stop; `assembly.py` makes them from the
settings, `runtime/` starts and stops them. Then the rooms, from the way in to the way out: `ingest/`, `checks/`,
`alerting/`, `archive/`, `maintenance/`, `api/`. Below them lie `postgres/`, `drift/` and `wire/`. A room imports from
those below it only; `pyproject.toml` holds the order, `docs/architecture.md` the whole picture.
"""
