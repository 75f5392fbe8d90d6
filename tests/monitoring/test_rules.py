"""Every alert can fire and stay silent, and asks for what the service exports."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from service.metrics import Metrics
from tests.api.test_metrics import SERVICE_STATE, tick
from tests.monitoring.files import RULE_TESTS, RULES, exported, metrics_in, rules

EVERY_RULE = [*rules("record"), *rules("alert")]
NAMES = [rule["alert"] for rule in rules("alert")]
needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None,
    reason="promtool is not installed (Debian's package `prometheus` has it)",
)


def promtool(*arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
    """What it answers about files or about its standard input."""
    return subprocess.run(
        ["promtool", *arguments], input=said, capture_output=True, check=False, text=True, timeout=60
    )


def checks_of(alert: str) -> list[dict[str, Any]]:
    """What is expected of one alert in all tests of the rules."""
    tests = yaml.safe_load(RULE_TESTS.read_text(encoding="utf-8"))["tests"]
    found = [check for test in tests for check in test.get("alert_rule_test", ())]
    return [check for check in found if check["alertname"] == alert]


@needs_promtool
def test_the_rules_are_well_formed() -> None:
    """Names, durations, templates and PromQL."""
    ended = promtool("check", "rules", str(RULES))
    assert ended.returncode == 0, ended.stdout + ended.stderr


@needs_promtool
def test_every_alert_does_what_its_tests_expect() -> None:
    """promtool computes the rules over made-up series."""
    ended = promtool("test", "rules", str(RULE_TESTS))
    assert ended.returncode == 0, ended.stdout + ended.stderr


@needs_promtool
def test_an_alert_that_is_late_fails_its_tests(tmp_path: Path) -> None:
    """The control of the test above."""
    late = RULES.read_text(encoding="utf-8").replace("for: 1m", "for: 10m")
    (tmp_path / RULES.name).write_text(late, encoding="utf-8")
    tests = shutil.copy(RULE_TESTS, tmp_path)
    assert promtool("test", "rules", str(tests)).returncode != 0


@pytest.mark.parametrize("alert", NAMES)
def test_an_alert_is_tested_to_fire_and_to_stay_silent(alert: str) -> None:
    """A rule that nothing can set off, or nothing can calm, does not get past this test."""
    assert {bool(check.get("exp_alerts")) for check in checks_of(alert)} == {True, False}


@pytest.mark.parametrize(
    "rule", [*rules("record"), *rules("alert")], ids=lambda rule: next(iter(rule.values()))
)
def test_a_rule_asks_for_nothing_that_is_not_exported(rule: dict[str, Any]) -> None:
    """A misspelled name would never fire."""
    assert metrics_in(rule["expr"]) <= exported()


def test_a_name_that_is_not_exported_is_noticed() -> None:
    """The control of the test above."""
    assert metrics_in('rate(zhuyi_reqests_total{job="zhuyi_x"}[5m])') - exported() == {"zhuyi_reqests_total"}


@needs_promtool
def test_the_exposition_follows_the_conventions() -> None:
    """Names, units, types and help."""
    metrics = Metrics()
    metrics.observe_at_scrape(SERVICE_STATE)
    metrics.record_tick(tick(num_encoded=1, rows=1))
    ended = promtool("check", "metrics", said=metrics.render()[0].decode())
    assert (ended.returncode, ended.stdout + ended.stderr) == (0, "")


@needs_promtool
def test_an_unconventional_name_is_noticed() -> None:
    """The control of the test above."""
    assert promtool("check", "metrics", said="# TYPE queue_ms counter\nqueue_ms 1\n").returncode != 0
