"""Other ways of serving the same model, each as its users would write it."""
