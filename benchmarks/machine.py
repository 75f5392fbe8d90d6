"""On what a run was made: processor, versions, commit and date."""

from __future__ import annotations

import datetime
import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[1]
_TELLING_FLAGS = frozenset({"avx2", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_int8"})
_PRINT_VERSIONS = (
    "import importlib.metadata as m, json, sys; "
    "print(json.dumps({name: m.version(name) for name in sys.argv[1:]}))"
)
_LIMIT_SECONDS = 30


def describe_machine() -> dict[str, Any]:
    """Processor, cores that may be used, what its vector units can do, Python, commit and date."""
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    model = re.search(r"model name\s*:\s*(.*)", text)
    flags = re.search(r"flags\s*:\s*(.*)", text)
    return {
        "processor": model.group(1) if model else platform.processor(),
        "vector_units": sorted(_TELLING_FLAGS.intersection(flags.group(1).split() if flags else ())),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "python": platform.python_version(),
        "system": platform.system(),
        "commit": _commit(),
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def versions(packages: Iterable[str], python: Path = Path(sys.executable)) -> dict[str, str]:
    """The versions of packages in the environment of a Python."""
    command = [str(python), "-c", _PRINT_VERSIONS, *sorted(set(packages))]
    found: dict[str, str] = json.loads(_output(command))
    return found


def _commit() -> str:
    """The commit of the work tree, with a plus sign where files differ from it."""
    try:
        commit = _output(["git", "-C", str(_ROOT), "rev-parse", "--short=12", "HEAD"]).strip()
        is_changed = _output(
            ["git", "-C", str(_ROOT), "status", "--porcelain", "--", "service", "model_store"]
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return commit + "+" * bool(is_changed)


def _output(command: list[str]) -> str:
    return subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=_LIMIT_SECONDS, cwd=_ROOT
    ).stdout
