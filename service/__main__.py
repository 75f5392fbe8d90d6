"""The command line: `zhuyi serve`, `zhuyi translate`, `zhuyi models`, `zhuyi keys new`.

Engine processes import this module again, so nothing heavy is imported before a command is chosen.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    options = _parser().parse_args(arguments)
    try:
        from service.cli.run import run

        return run(options)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except ImportError as error:  # what an interrupt becomes inside a module that is no Python
        if isinstance(error.__cause__ or error.__context__, KeyboardInterrupt):
            return _INTERRUPTED
        raise


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="zhuyi",
        description="Translation with the attention behind it.",
        epilog="Settings are environment variables ZHUYI_*; docs/operating.md lists them.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="answer HTTP requests")
    serve.add_argument("--host", help="address to listen on (ZHUYI_HOST)")
    serve.add_argument("--port", type=int, help="port to listen on, 0 for a free one (ZHUYI_PORT)")
    translate = commands.add_parser("translate", help="translate standard input, line by line")
    translate.add_argument(
        "--from", dest="source", required=True, metavar="LANGUAGE", help="zh, en, ... or auto"
    )
    translate.add_argument("--to", dest="target", required=True, metavar="LANGUAGE")
    translate.add_argument("--beam-size", type=int, metavar="N", help="1 (greedy) to 8 (ZHUYI_BEAM_SIZE)")
    translate.add_argument(
        "--strict", action="store_true", help="refuse a sentence too long for the model, divide none"
    )
    commands.add_parser("models", help="list the models of the store")
    _add_keys(commands.add_parser("keys", help="make an API key"))
    return parser


def _add_keys(keys: argparse.ArgumentParser) -> None:
    new = keys.add_subparsers(dest="action", required=True).add_parser(
        "new", help="print a new key on standard error, its line for ZHUYI_KEYS_FILE on standard output"
    )
    new.add_argument("--id", required=True, help="whose key it is: small letters, digits, hyphens")
    new.add_argument(
        "--scope", dest="scopes", action="append", required=True,
        choices=("translate", "glossaries", "admin"), help="what it is for; may come several times",
    )  # fmt: skip
    new.add_argument("--expires", metavar="TIME", help="when it ends, as 2027-01-31T00:00:00Z")
    for limit in ("requests-per-minute", "characters-per-minute", "characters-per-month"):
        new.add_argument(f"--{limit}", type=int, metavar="N")


if __name__ == "__main__":
    sys.exit(main())
