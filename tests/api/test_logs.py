"""Log lines: one event, one line, in either form, with the ids that find it and without any text."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime, timedelta

from tests.api.failing_request import SECRET, TRACE


def test_lines_of_a_request_have_its_ids() -> None:
    """The trace's, on lines of other libraries too, and gone after; the request's where it failed."""
    foreign, failed, after = [json.loads(line) for line in logged("json")]
    assert [one["event"] for one in (foreign, failed, after)] == ["on its way", "request failed", "after"]
    assert [one.get("trace_id") for one in (foreign, failed, after)] == [TRACE, TRACE, None]
    assert [one["level"] for one in (foreign, failed, after)] == ["warning", "error", "info"]
    assert (failed["request_id"], failed["error"], failed["logger"]) == (
        "chat-42",
        "ValueError",
        "service.api",
    )
    assert failed["place"].startswith("fail:")
    assert datetime.fromisoformat(failed["timestamp"]).utcoffset() == timedelta(0)


def test_no_form_has_a_text_or_a_traceback() -> None:
    """Nor more lines than events, at a terminal either."""
    for form in ("json", "console"):
        lines = logged(form)
        assert len(lines) == 3
        assert SECRET not in "".join(lines)
        assert "Traceback" not in "".join(lines)
    assert "request failed" in logged("console")[1]


def logged(form: str) -> list[str]:
    """What such a process writes on standard error."""
    found = subprocess.run(
        [sys.executable, "-m", "tests.api.failing_request", form],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert found.stdout == ""
    return found.stderr.splitlines()
