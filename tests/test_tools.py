"""Nothing is skipped in CI for want of a tool: a green run without them would say too little."""

from __future__ import annotations

import os
import shutil

import pytest

from tests.k8s.build import kubectl


@pytest.mark.skipif(os.environ.get("CI") != "true", reason="only where all must be there (CI=true)")
@pytest.mark.parametrize("program", ["prometheus", "promtool"])
def test_a_program_is_installed(program: str) -> None:
    """`.ci/run` installs it."""
    assert shutil.which(program)


@pytest.mark.skipif(os.environ.get("CI") != "true", reason="only where all must be there (CI=true)")
def test_kubectl_is_installed() -> None:
    """`make k8s-tools`, which `.ci/run` calls, installs it."""
    assert kubectl()
