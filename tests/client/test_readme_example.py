"""The README's example of the published client does what the README says."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.client.client_session import client_environment
from tests.server_process import ROOT, ServerProcess

_EXAMPLE = re.compile(r"<!-- example: real client -->\s*```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
_SECONDS = 60


def test_the_example_in_the_readme_prints_the_chart_value(client_pythons: Mapping[str, Path], tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "example.py").write_text(_example())
    with ServerProcess(tmp_path / "server") as server:
        ended = subprocess.run(
            [str(client_pythons["0.25.0"]), "example.py"],
            cwd=work,
            env=client_environment(SCOUTER_SERVER_URI=server.url),
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
        assert ended.returncode == 0, f"{ended.stdout}\n{ended.stderr}\n{server.log}"
        assert ended.stdout.strip().splitlines()[-1:] == ["[12.0]"], f"{ended.stdout}\n{ended.stderr}\n{server.log}"


def _example() -> str:
    readme = ROOT / "README.md"
    found = _EXAMPLE.search(readme.read_text()) if readme.exists() else None
    assert found is not None, "README.md has no python block after <!-- example: real client -->"
    return found[1]
