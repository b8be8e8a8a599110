"""The benchmarks run. What they measure here says nothing: short, and beside other tests."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.server_process import ROOT


def bench(*arguments: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_the_ingest_benchmark_runs() -> None:
    shown = bench("ingest", "--seconds", "0.4", "--connections", "8")
    assert "500 records a message" in shown
    assert "500 records against bare COPY: " in shown
    assert "not answered 200" not in shown


@pytest.mark.longer
def test_the_drain_benchmark_runs(kafka_installed: None, rabbitmq_installed: None) -> None:
    shown = bench("ingest", "--seconds", "0.4", "--connections", "8", "--transport", "all")
    for transport in ("kafka", "rabbitmq"):
        assert f"{transport}, 500 records a message: " in shown


@pytest.mark.parametrize("explain", [[], ["--explain"]])
def test_the_chart_benchmark_runs(explain: list[str]) -> None:
    shown = bench("charts", "--rows", "20000", "--profiles", "6", "--queries", "2", *explain)
    assert re.search(r"^30 days +custom( +[\d.]+){2}$", shown, re.MULTILINE)
    assert ("custom over 30 days:" in shown) == bool(explain)


def test_the_start_benchmark_runs() -> None:
    shown = bench("start", "--times", "1")
    assert "warm start: " in shown
    assert "idle RSS: " in shown


def test_the_overview_benchmark_runs() -> None:
    shown = bench("overview", "--profiles", "40", "--days", "2", "--records", "400", "--queries", "2", "--explain")
    assert "40 profiles, 264 runs of 10 features over 2 days" in shown
    assert "40 profiles brought up to their newest check" in shown
    assert re.search(r"^100 rows, the worst first( +[\d.]+){2}$", shown, re.MULTILINE)
    assert "largest p50: " in shown


@pytest.mark.browser
def test_the_pages_benchmark_runs(browser_installed: str) -> None:
    few = ("--profiles", "40", "--days", "2", "--records", "400", "--features", "30", "--times", "2")
    shown = bench("pages", *few, "--seconds", "0.5", "--rounds", "1")
    assert re.search(r"^overview of 40( +[\d,]+)+$", shown, re.MULTILINE), shown
    assert "first paint of profile, 24 charts: " in shown
    assert "messages not answered 200: 0" in shown


def test_the_checks_benchmark_runs() -> None:
    shown = bench("checks", "--profiles", "10", "--rows", "4000")
    assert re.search(r"^10 checks in .* 0 failed$", shown, re.MULTILINE)
    assert "checks a second: " in shown
    assert re.search(r"^psi( +[\d.]+){5}$", shown, re.MULTILINE)


@pytest.mark.longer
def test_the_archive_benchmark_runs() -> None:
    few = ("--day-profiles", "3", "--profiles", "3", "--queries", "2")
    shown = bench("archive", "--rows", "20000", "--chart-rows", "9000", *few)
    assert "archive against COPY TO a file, by the server: " in shown
    assert re.search(r"^30 days +custom +29( +\d+)$", shown, re.MULTILINE), shown
    assert re.search(r"^1 hour +spc +0 +0$", shown, re.MULTILINE), shown
