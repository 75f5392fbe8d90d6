"""Versions of a real model are exchanged while clients ask without a pause."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import has_bundled_models
from tests.e2e.sentences import chinese
from tests.e2e.server import running
from tests.e2e.swap_load import KEY, swap_under_load, two_versions
from tests.key_files import line_of, write_keys


@pytest.mark.skipif(not has_bundled_models(), reason="needs the bundled models")
async def test_ten_swaps_under_load_fail_no_request(tmp_path: Path) -> None:
    """Every answer is that of the version which it names, to the last digit, and memory stays."""
    two_versions(tmp_path / "store")
    write_keys(tmp_path / "keys", line_of(KEY, scopes=["translate", "admin"]))
    with running(tmp_path / "store", keys_file=tmp_path / "keys", admin_port=0, engines=1) as server:
        report = await swap_under_load(
            server.url, server.admin_url, chinese(8), num_swaps=10, num_clients=2, seconds_before=0.5
        )
    assert len(report.swaps) == 10
    assert report.num_answers > 20
    assert set(report.num_by_version) == {"2", "3"}
    assert report.growth("zhuyi_worker", warm=2) < 1.3
    assert report.growth("process", warm=2) < 1.3
