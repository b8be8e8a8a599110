"""What the interpreter of an image is asked, by `python -c` in the container."""

from __future__ import annotations

# Everything that the server may ever import, also what it only imports once there is an archive or a broker.
IMPORT_EVERYTHING = """
import importlib, pkgutil, sys
sys.path.insert(0, "/opt/scouter/app")
import scouter
names = [found.name for found in pkgutil.walk_packages(scouter.__path__, "scouter.")]
programs = {"scouter.postgres.embedded.launch", "scouter.postgres.embedded.access_probe"}
wanted = [name for name in names if name not in programs]
wanted += ["ssl", "sqlite3", "lzma", "zoneinfo", "adbc_driver_postgresql.dbapi", "pyarrow.parquet"]
wanted += ["pyarrow.dataset", "pyarrow.fs", "pyarrow.compute", "psycopg_binary"]
wanted += LIBRARIES
for name in wanted:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as missing:  # what is for a feature that was left out may miss its library, only that
        if str(missing.name).partition(".")[0] not in LEFT_OUT:
            raise
from datafusion import SessionContext
assert SessionContext().sql("SELECT 6 * 7 AS answer").to_pydict() == {"answer": [42]}
print(len(wanted))
"""

WHO_AND_WHAT_RIGHTS = """
import json, os
status = dict(line.split(":\\t") for line in open("/proc/self/status").read().splitlines() if ":\\t" in line)
def refused(path):
    try:
        open(path, "w").close()
    except OSError:
        return True
    os.unlink(path)
    return False
print(json.dumps({
    "uid": os.getuid(), "effective": status["CapEff"], "bounding": status["CapBnd"],
    "unwritable": [path for path in ("/x", "/tmp/x", "/etc/x", "/opt/scouter/x", "/var/x") if refused(path)],
    "owner_of_var_lib": os.stat("/var/lib").st_uid,
}))
"""
