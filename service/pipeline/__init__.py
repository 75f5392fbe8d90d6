"""The way of a whole text to the translator and back: sentences, protected spans, markup; no HTTP."""
