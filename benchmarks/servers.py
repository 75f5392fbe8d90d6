"""The table of servers that are compared: ours is one of them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmarks.peers.options import PeerOptions
from benchmarks.wire import EVIDENCE, HOST, LIBRETRANSLATE, LISTS, STREAM, Wire

ROOT = Path(__file__).parents[1]
BENTOML_PYTHON = ROOT / ".venv-bench-bentoml" / "bin" / "python"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One server: `module` is run with `arguments`; `packages` are those whose versions matter.

    `shares` is what it has in common with us. Where it is the graphs, the answers must be the same; where
    it is the weights, too, as long as the graphs are in fp32; where it is the size, they cannot be.
    `python` is that of another environment where the packages do not go together.
    """

    title: str
    module: str
    arguments: tuple[str, ...] = ()
    policy: str = ""
    wire: Wire = LIBRETRANSLATE
    takes_arrays: bool = False
    shares: Literal["graphs", "weights", "size"] = "graphs"
    packages: tuple[str, ...] = ()
    python: Path = Path(sys.executable)

    @property
    def is_ours(self) -> bool:
        """True for our service, whatever it is asked for."""
        return self.module in ("service", "benchmarks.without_evidence")

    def command(self, port: int) -> list[str]:
        """The command line."""
        arguments = (argument.format(host=HOST, port=port) for argument in self.arguments)
        return [str(self.python), "-m", self.module, *arguments]

    def environment(self, options: PeerOptions, ours: Mapping[str, str]) -> dict[str, str]:
        """The variables that it reads; `ours` are further settings of our own service."""
        if self.is_ours:
            store = str(options.model_folder.parents[1])
            named = {"ZHUYI_HOST": HOST, "ZHUYI_PORT": str(options.port), "ZHUYI_MODEL_STORE": store}
            named |= {"ZHUYI_ENGINES": str(options.workers), "ZHUYI_PRECISION": options.precision}
            named["ZHUYI_DRAIN_GRACE_SECONDS"] = "0"
            return {**named, **ours}
        return {**options.to_environment(), **_QUIET}


_QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "BENTOML_DO_NOT_TRACK": "True", "DO_NOT_TRACK": "1"}
_BENTOML = ("serve", "benchmarks.peers.bentoml_service:Translation", "--host", "{host}", "--port", "{port}")
_POLICIES = {"drop": "drops finished rows", "naive": "static batch"}


def _batching(title: str, module: str, package: str) -> dict[str, Server]:
    return {
        f"{package}-{policy}": Server(
            title=f"{title}, {words}",
            module=f"benchmarks.peers.{module}",
            policy=policy,
            packages=(package, "onnxruntime"),
        )
        for policy, words in _POLICIES.items()
    }


def _bentoml() -> dict[str, Server]:
    return {
        f"bentoml-{policy}": Server(
            title=f"BentoML, {words}",
            module="bentoml",
            arguments=_BENTOML,
            policy=policy,
            wire=LISTS,
            packages=("bentoml", "onnxruntime"),
            python=BENTOML_PYTHON,
        )
        for policy, words in _POLICIES.items()
    }


def _ctranslate2() -> dict[str, Server]:
    return {
        f"ctranslate2-{kind}": Server(
            title=f"CTranslate2 {kind}, one by one",
            module="benchmarks.peers.fastapi_ctranslate2",
            policy=kind,
            takes_arrays=True,
            shares="size",
            packages=("ctranslate2", "fastapi", "uvicorn"),
        )
        for kind in ("int8", "float32")
    }


def _zhuyi(title: str, wire: Wire = LIBRETRANSLATE, module: str = "service") -> Server:
    return Server(
        title=title,
        module=module,
        arguments=("serve",),
        wire=wire,
        takes_arrays=True,
        packages=("onnxruntime", "fastapi", "uvicorn"),
    )


SERVERS: dict[str, Server] = {
    "zhuyi": _zhuyi("Zhuyi"),
    **_batching("mosec", "mosec_server", "mosec"),
    **_batching("LitServe", "litserve_server", "litserve"),
    **_bentoml(),
    **_batching("Ray Serve", "ray_server", "ray"),
    "fastapi-onnx": Server(
        title="FastAPI + ONNX Runtime, request by request",
        module="benchmarks.peers.fastapi_onnx",
        policy="drop",
        takes_arrays=True,
        packages=("fastapi", "uvicorn", "onnxruntime"),
    ),
    "fastapi-torch": Server(
        title="FastAPI + PyTorch eager, one by one",
        module="benchmarks.peers.fastapi_torch",
        takes_arrays=True,
        shares="weights",
        packages=("fastapi", "uvicorn", "torch"),
    ),
    **_ctranslate2(),
}

VARIANTS: dict[str, Server] = {
    "zhuyi-evidence": _zhuyi("Zhuyi, alignment, confidence and warnings told", EVIDENCE),
    "zhuyi-stream": _zhuyi("Zhuyi, as a stream", STREAM),
    "zhuyi-bare": _zhuyi("Zhuyi, looking at nothing", module="benchmarks.without_evidence"),
}
"""Our service asked for more, or made to do less; compared with itself only."""
