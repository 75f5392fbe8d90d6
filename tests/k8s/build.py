"""Every installation that `k8s/` offers, made by kustomize: each overlay with no, one and many components."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).parents[2]
COMPONENTS: Final = sorted(path.parent.name for path in ROOT.glob("k8s/components/*/kustomization.yaml"))
_OWN: Final = ROOT / ".venv-k8s" / "bin"
Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Installation:
    """A folder below `k8s/` and what is added to it."""

    folder: str
    components: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "+".join((self.folder.removeprefix("overlays/"), *self.components))


MANY_PODS: Final = tuple(name for name in COMPONENTS if name != "glossaries")
ONE_POD: Final = tuple(name for name in COMPONENTS if name != "keda")
EVERYTHING: Final = Installation("overlays/cpu", MANY_PODS)
"""All components but the one that excludes another."""
INSTALLATIONS: Final = (
    *(
        Installation(f"overlays/{overlay}", components)
        for overlay in ("cpu", "gpu")
        for components in ((), *((one,) for one in COMPONENTS), MANY_PODS, ONE_POD)
    ),
    Installation("overlays/cpu", ("admin-port", "monitoring")),
    Installation("overlays/cpu", ("admin-port", "keys")),
    Installation("overlays/canary"),
    Installation("overlays/canary", ("models-volume",)),
    Installation("overlays/canary", ("admin-port", "keys", "traces")),
    Installation("kserve"),
)


def kubectl() -> str | None:
    """The program: that of `make k8s-tools`, else the one in the path."""
    return shutil.which("kubectl", path=f"{_OWN}{os.pathsep}{os.environ.get('PATH', '')}")


def render(installation: Installation, folder: Path) -> str:
    """What `kubectl kustomize` makes of it; `folder` is for a copy of the sources.

    The components are written where users write them, into the overlay itself: what the overlay patches then
    comes after them. Raises subprocess.CalledProcessError where kustomize refuses.
    """
    place = folder / str(installation)
    for part in ("k8s", "monitoring"):
        shutil.copytree(ROOT / part, place / part)
    top = place / "k8s" / installation.folder
    sources = top / "kustomization.yaml"
    wanted = yaml.safe_load(sources.read_text(encoding="utf-8"))
    wanted["components"] = [f"../../components/{name}" for name in installation.components]
    sources.write_text(yaml.safe_dump(wanted), encoding="utf-8")
    program = kubectl()
    assert program is not None
    ended = subprocess.run([program, "kustomize", str(top)], capture_output=True, check=False, text=True)
    if ended.returncode:
        raise subprocess.CalledProcessError(ended.returncode, "kubectl kustomize", ended.stdout, ended.stderr)
    return ended.stdout


def main(folder: Path) -> None:
    """Writes one file per installation, for checkers that read files."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for installation in INSTALLATIONS:
        copies = folder / "copies"
        (folder / f"{installation}.yaml").write_text(render(installation, copies), encoding="utf-8")
        shutil.rmtree(copies)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
