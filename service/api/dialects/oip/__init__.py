"""The Open Inference Protocol v2 of KServe and Triton, with its binary tensors: models by their names."""

from service.api.dialects.oip.routes import add_routes as add_routes
