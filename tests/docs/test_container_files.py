"""`Dockerfile` and `docker-compose.yml` say what the service understands; needs no Docker."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from service.settings import Settings

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SET_BY_IMAGES = re.findall(r"\b(ZHUYI_\w+)=", DOCKERFILE)
SERVICES = yaml.safe_load(COMPOSE)["services"]
SET_BY_COMPOSE = re.findall(r"^ +(ZHUYI_\w+):", COMPOSE, re.MULTILINE)


@pytest.mark.parametrize("name", sorted({*SET_BY_IMAGES, *SET_BY_COMPOSE}))
def test_every_variable_is_a_setting(name: str) -> None:
    """A misspelled one would be ignored without a word."""
    assert name.removeprefix("ZHUYI_").lower() in Settings.model_fields


def test_a_container_may_end_in_its_own_time() -> None:
    """Else running requests are killed at a stop."""
    drains = [int(found) for found in re.findall(r"ZHUYI_DRAIN_SECONDS: (\d+)", COMPOSE)]
    before = [int(found) for found in re.findall(r"ZHUYI_DRAIN_GRACE_SECONDS: (\d+)", COMPOSE)]
    times = [int(found) for found in re.findall(r"stop_grace_period: (\d+)s", COMPOSE)]
    assert drains
    assert len(before) == len(drains)
    assert min(times) > max(before) + max(drains)


def test_ports_are_published_on_the_loopback_address_only() -> None:
    """Whoever wants more says so in an override."""
    published = re.findall(r"ports: \[(.*)\]", COMPOSE)
    assert len(published) == COMPOSE.count("ports:")
    assert all(one.startswith('"127.0.0.1:') for one in published)


def test_nothing_in_the_dockerfile_needs_the_internet_but_the_base_and_the_packages() -> None:
    """A `# syntax=` line pulls a frontend, a digest may be missing in a mirror, old builders know no `<<`."""
    assert "# syntax" not in DOCKERFILE
    assert "FROM" in DOCKERFILE
    assert not re.search(r"^(FROM|ARG) .*@sha256|<<", DOCKERFILE, re.MULTILINE)


@pytest.mark.parametrize("lock", ["cpu", "gpu"])
def test_an_image_can_trace_by_a_setting_alone(lock: str) -> None:
    """What `make lock` leaves out of a lock is not in the image."""
    locked = (ROOT / "requirements" / f"{lock}.lock").read_text(encoding="utf-8")
    for requirement in PROJECT["optional-dependencies"]["traces"]:
        assert f"\n{requirement.split('>=')[0]}==" in locked


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_bounded_and_comes_back(name: str) -> None:
    """Memory, processors, processes, privileges, and what it may write; it is started again when it ends."""
    service = SERVICES[name]
    assert {"mem_limit", "cpus", "pids_limit", "stop_grace_period"} <= service.keys()
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == "unless-stopped"


def test_a_service_starts_when_what_it_needs_is_healthy() -> None:
    """The model service first, then who scrapes it, then who shows it; each has a health check to go by."""
    needs = {name: service.get("depends_on", {}) for name, service in SERVICES.items()}
    assert set(needs["prometheus"]) == {"zhuyi"}
    assert set(needs["grafana"]) == {"prometheus"}
    for one in (condition for found in needs.values() for condition in found.values()):
        assert one == {"condition": "service_healthy"}
    assert "HEALTHCHECK" in DOCKERFILE
    assert {"healthcheck"} <= SERVICES["prometheus"].keys() & SERVICES["grafana"].keys()


def test_what_is_mounted_is_there() -> None:
    """Docker makes an empty folder of a path that is not, and says nothing."""
    mounts = [one.split(":")[0] for service in SERVICES.values() for one in service.get("volumes", ())]
    paths = [ROOT / one for one in mounts if one.startswith(".")]
    assert paths
    assert all(path.exists() for path in paths)


def test_a_gpu_is_reserved_in_its_profile_only() -> None:
    """Who has none is not asked for one."""
    wanting = {name for name, service in SERVICES.items() if "deploy" in service}
    assert wanting == {name for name, service in SERVICES.items() if service.get("profiles") == ["gpu"]}
