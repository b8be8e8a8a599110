"""Whose work the compiled libraries are that go into the one-file server and the images. Needs no library itself.

    python package/native_libraries.py <NAMES     exit status 1 when one of the names, one a line, stands in no row

A library that is bundled and stands in no row is an error: here in a build, and when NOTICE is written.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Native:
    """A compiled work: `files` is a pattern of what its libraries are called."""

    name: str
    licence: str
    files: str


# Within Python packages, and what the one-file server takes from the machine that builds it.
NATIVE = (
    Native("Apache Arrow", "Apache-2.0", "libarrow|libparquet"),
    Native("bzip2", "bzip2-1.0.6", "libbz2"),
    Native("crc32c of Google", "BSD-3-Clause", "libcrc32c"),
    Native("CPython", "PSF-2.0", r"libpython3"),
    Native("Cyrus SASL", "BSD-4-Clause", "libsasl2"),
    Native("e2fsprogs, its com_err", "MIT", "libcom_err"),
    Native("Expat", "MIT", "libexpat"),
    Native(
        "GCC runtime",
        "GPL-3.0-or-later WITH GCC-exception-3.1",
        "libgcc_s|libgfortran|libgomp|libstdc\\+\\+",
    ),
    Native("keyutils", "LGPL-2.1-or-later", "libkeyutils"),
    Native("libffi", "MIT", "libffi"),
    Native("libnsl, libtirpc", "LGPL-2.1-only AND BSD-3-Clause", "libnsl|libtirpc"),
    Native("libquadmath of GCC", "LGPL-2.1-or-later", "libquadmath"),
    Native("libuuid of util-linux", "BSD-3-Clause", "libuuid"),
    Native("libxcrypt", "LGPL-2.1-or-later", "libcrypt-|libcrypt\\."),
    Native("MIT Kerberos", "MIT", "libgssapi_krb5|libk5crypto|libkrb5"),
    Native("OpenBLAS", "BSD-3-Clause", "libscipy_openblas"),
    Native("OpenLDAP", "OLDAP-2.8", "liblber|libldap"),
    Native("OpenSSL", "Apache-2.0", "libcrypto|libssl"),
    Native("PostgreSQL", "PostgreSQL", "libecpg|libpgtypes|libpq"),
    Native("SQLite", "blessing", "libsqlite3"),
    Native("XZ Utils, its liblzma", "0BSD", "liblzma"),
    Native("zlib", "Zlib", r"libz[.-]"),
    Native("Zstandard", "BSD-3-Clause", "libzstd"),
)
# Not among the libraries, and there all the same.
PROGRAMS = (
    Native("PyInstaller, the loader of the one-file server", "GPL-2.0-or-later WITH Bootloader-exception", ""),
    Native("PostgreSQL, the embedded database", "PostgreSQL", ""),
    Native("glibc, in images", "LGPL-2.1-or-later", ""),
    Native("dash, the shell of images without a distribution", "BSD-3-Clause", ""),
)


def native_work(library: str) -> Native | None:
    """Whose library a file is, by its name."""
    return next((work for work in NATIVE if re.match(work.files, library)), None)


def main() -> int:
    unknown = [name for name in sys.stdin.read().split() if native_work(name) is None]
    for name in unknown:
        sys.stderr.write(
            f"whose is {name}? Say so in package/native_libraries.py, and write NOTICE with scripts/notice\n"
        )
    return int(bool(unknown))


if __name__ == "__main__":
    sys.exit(main())
