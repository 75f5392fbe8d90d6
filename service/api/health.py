"""`GET /health`, `/health/live`, `/health/ready`, `/metrics`: the truth for probes, under full load too."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from service.api import answers
from service.api.described import describe_answers
from service.api.operations import json_response
from service.api.plain import Handler, PlainApplication
from service.api.problems import NATIVE
from service.api.services import Services
from service.engine.errors import NotReady


class HealthRoutes:
    """Nothing here waits for a model."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def live(self, _: Request) -> Response:
        """200 unless only a restart of the process can help."""
        if not self._services.is_alive():
            raise NotReady("an engine is lost and will not come back")
        return json_response({"status": "ok"})

    async def ready(self, _: Request) -> Response:
        """200 while at least one engine takes sentences and no stop has begun; load never changes it."""
        if not self._services.is_ready:
            raise NotReady("draining" if self._services.is_draining() else "no engine takes work now")
        return json_response({"status": "ok"})

    async def metrics(self, _: Request) -> Response:
        """Prometheus text format."""
        body, content_type = self._services.render_metrics()
        return Response(body, headers={"Content-Type": content_type})


def add_health_routes(application: PlainApplication, services: Services) -> None:
    """The three of health, which need no key."""
    health = HealthRoutes(services)
    _add(application, "/health", health.ready, "As `/health/ready`, for LibreTranslate clients.")
    _add(application, "/health/live", health.live, "503 where only a restart helps.")
    _add(application, "/health/ready", health.ready, "503 until the models are warm, and while stopping.")


def add_metrics_route(application: PlainApplication, services: Services) -> None:
    """`/metrics`, which needs none either."""
    application.speak(
        NATIVE, "/metrics", HealthRoutes(services).metrics, methods=["GET"], needs="nothing",
        description="Prometheus text format.",
    )  # fmt: skip


def _add(application: PlainApplication, path: str, handler: Handler, description: str) -> None:
    application.speak(
        NATIVE, path, handler, methods=["GET"], needs="nothing", description=description,
        responses=describe_answers(answers.Status, statuses=()),
    )  # fmt: skip
