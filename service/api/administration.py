"""The application of the second port: metrics, health, and routes for administrators alone.

What needs a key here needs one with the scope `admin`; where no keys are configured there is no such route.
"""

from __future__ import annotations

from collections.abc import Callable

from service import __version__
from service.api.health import add_health_routes, add_metrics_route
from service.api.plain import PlainApplication
from service.api.services import Services
from service.api.surroundings import guard_of, surround

AddRoutes = Callable[[PlainApplication, Services], None]


def create_administration(services: Services, *parts: AddRoutes) -> PlainApplication:
    """The application; each of `parts` adds routes below `/admin`."""
    guard = guard_of(services)
    application = PlainApplication(
        title="Zhuyi, administration", version=__version__, docs_url=None, redoc_url=None,
        guard=guard, needs="admin",
    )  # fmt: skip
    add_health_routes(application, services)
    add_metrics_route(application, services)
    for add_routes in parts if guard else ():
        add_routes(application, services)
    surround(application, services)
    return application
