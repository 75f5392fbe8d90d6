"""The microservice: text in, translations and their attention out; nothing below it needs torch."""

__version__ = "0.1.0"
