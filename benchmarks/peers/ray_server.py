"""Ray Serve: an HTTP proxy, a router and a replica that batches, each a process of its own."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any

import ray
from ray import serve
from starlette.requests import Request

from benchmarks.peers.options import PeerOptions
from benchmarks.peers.translation import Translator


def application(options: PeerOptions) -> Any:
    """The deployment with its settings: no timer, and no limit that would make the router hold requests."""

    class TranslationDeployment:
        def __init__(self) -> None:
            self._translator = Translator.from_options(options)

        @serve.batch(max_batch_size=options.max_batch, batch_wait_timeout_s=0)
        async def _translate(self, texts: list[str]) -> list[str]:
            return await asyncio.to_thread(self._translator.translate, texts)

        async def __call__(self, request: Request) -> dict[str, str]:
            body = await request.json()
            return {"translatedText": await self._translate(body["q"])}

    deployment = serve.deployment(TranslationDeployment)
    return deployment.options(
        num_replicas=options.workers, max_ongoing_requests=1024, ray_actor_options={"num_cpus": 1}
    ).bind()


def main() -> None:
    """Serves until a signal comes, then takes Ray's processes down."""
    options = PeerOptions.from_environment()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    ray.init(num_cpus=max(2, options.workers), include_dashboard=False, log_to_driver=False)
    serve.start(
        http_options={"host": "127.0.0.1", "port": options.port}, logging_config={"enable_access_log": False}
    )
    try:
        serve.run(application(options), route_prefix="/translate")
        signal.pause()
    except KeyboardInterrupt:
        ray.shutdown()


if __name__ == "__main__":
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    main()
