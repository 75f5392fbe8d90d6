"""FastAPI and ONNX Runtime, one request after the other in each thread."""

from __future__ import annotations

from benchmarks.peers.fastapi_server import serve
from benchmarks.peers.options import PeerOptions
from benchmarks.peers.translation import Translator

if __name__ == "__main__":
    told = PeerOptions.from_environment()
    serve(Translator.from_options(told).translate, told)
