"""From the options of the command line to a command, and from an error to one line and an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any, Final

from pydantic import ValidationError

from service.cli.keys import print_new_key
from service.cli.models import print_models
from service.cli.serve import serve
from service.cli.translate import translate_stream
from service.engine.errors import ZhuyiError
from service.logs import configure_logging
from service.pipeline.handling import Handling
from service.settings import Settings

_NOT_CALLED: Final = "default_factory_not_called"  # a default by device, where another setting is wrong


def run(options: argparse.Namespace) -> int:
    """Runs the command; what a person can mend is told in one line, without a traceback."""
    try:
        settings = _settings(options)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        return _fail("; ".join(_describe(one) for one in found if one["type"] != _NOT_CALLED))
    configure_logging(settings.log_format, settings.log_level)
    try:
        return _run(options, settings)
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (ZhuyiError, OSError) as error:
        return _fail(str(error))


def _run(options: argparse.Namespace, settings: Settings) -> int:
    if options.command == "serve":
        return serve(settings)
    if options.command == "keys":
        return print_new_key(options, sys.stdout, sys.stderr)
    if options.command == "models":
        return print_models(settings, sys.stdout)
    # Opened anew, never closed: both would wait for the thread that reads, at an interrupt.
    lines = open(sys.stdin.fileno(), encoding="utf-8", errors="surrogateescape", closefd=False)  # noqa: SIM115
    direction = (options.source, options.target)
    return translate_stream(settings, direction, lines, sys.stdout, handling=Handling(strict=options.strict))


def _settings(options: argparse.Namespace) -> Settings:
    """The environment, with the options of the command line on top."""
    given = {name: getattr(options, name, None) for name in ("host", "port", "beam_size")}
    return Settings(**{name: value for name, value in given.items() if value is not None})


def _describe(error: Any) -> str:
    name = "_".join(map(str, error["loc"])).upper()
    return f"ZHUYI_{name}: {error['msg'][:1].lower()}{error['msg'][1:]}"


def _fail(message: str) -> int:
    print(f"zhuyi: {message}", file=sys.stderr)
    return 1
