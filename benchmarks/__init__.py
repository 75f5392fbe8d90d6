"""Load tests and comparisons: how fast the service is beside other ways of serving the same model."""
