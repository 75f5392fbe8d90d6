"""The translation engine: models, batching and processes; it knows nothing of HTTP or of Prometheus."""
