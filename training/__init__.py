"""Everything that needs torch: prepare the data, train, evaluate, and export a model folder to serve."""
