"""Pure text work: sentences and their places, languages, words and links from attention; no I/O, no model."""
