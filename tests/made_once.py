"""What each house makes anew and a process need make but once: templates compiled to bytecode, programs of routes."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule

from newsletter.content import compose


class KeptBytecode(BytecodeCache):
    """Templates compiled once a process: each test opens a house of its own, and compiling took a fifth of its time."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if code := self._kept.get((bucket.key, bucket.checksum)):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


def share() -> None:
    """From now on all houses of this process share them, and those of processes forked from it what it has by then."""
    if "bytecode_cache" not in Flask.jinja_options:
        Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": KeptBytecode()}
        compose.Environment = partial(compose.Environment, bytecode_cache=KeptBytecode())
        Rule._compile_builder = _building_once(Rule._compile_builder)


def _building_once(build: Callable[..., Any]) -> Callable[..., Any]:
    """Routes of one spelling share the program that werkzeug writes for them: a house has a hundred, 60 ms in all."""
    kept: dict[tuple[object, ...], Any] = {}

    def built(rule: Rule, append_unknown: bool = True) -> Any:
        key = rule.rule, append_unknown, repr(rule.defaults), tuple(rule._trace)
        if key not in kept:
            kept[key] = build(rule, append_unknown)
        return kept[key]

    return built
