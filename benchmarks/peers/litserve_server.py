"""LitServe: FastAPI in one process, batches in a worker process."""

from __future__ import annotations

import litserve

from benchmarks.peers.options import PeerOptions
from benchmarks.peers.translation import Translator


class TranslationApi(litserve.LitAPI):
    """One batch of requests at a time; `batch` and `unbatch` as they come, lists."""

    def setup(self, device: str) -> None:
        """Loads the model in the worker process."""
        self._translator = Translator.from_options(PeerOptions.from_environment())

    def decode_request(self, request) -> str:  # type: ignore[no-untyped-def]
        """The text of a request; a type here would change how LitServe reads the body."""
        text: str = request["q"]
        return text

    def batch(self, inputs: list[str]) -> list[str]:
        """A batch is a list of texts."""
        return inputs

    def predict(self, x: list[str]) -> list[str]:
        """The translations of a batch."""
        return self._translator.translate(x)

    def unbatch(self, output: list[str]) -> list[str]:
        """The translations one by one."""
        return output

    def encode_response(self, output: str) -> dict[str, str]:
        """The answer to a request."""
        return {"translatedText": output}


def main() -> None:
    """Serves until a signal comes."""
    options = PeerOptions.from_environment()
    api = TranslationApi(max_batch_size=max(options.max_batch, 2), batch_timeout=0.0, api_path="/translate")
    server = litserve.LitServer(
        api, accelerator="cpu", workers_per_device=options.workers, timeout=60, fast_queue=True
    )
    server.run(
        host="127.0.0.1",
        port=options.port,
        num_api_servers=1,
        log_level="error",
        access_log=False,
        generate_client_file=False,
    )


if __name__ == "__main__":
    main()
