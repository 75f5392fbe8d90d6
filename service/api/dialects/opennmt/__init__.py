"""The REST server of OpenNMT-py, at `/translator`: models by number, alignment in Pharaoh's format."""

from service.api.dialects.opennmt.routes import add_routes as add_routes
