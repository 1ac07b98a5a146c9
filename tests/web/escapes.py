"""S7: what an owner might write who takes a letter for a program, or wishes the house ill."""

ESCAPES = (
    "{{ name.__class__.__mro__ }}",
    "{{ ''.__class__ }}",
    "{{ name|attr('__class__') }}",
    "{{ self }}",
    "{{ config }}",
    "{{ request.environ }}",
    "{{ lipsum.__globals__ }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ 7*7 }}",
    "{{7*7}}",
    "{{ name ~ name }}",
    "{{ 'a' * 1000000000 }}",
    "{{ 'a'*10**9 }}",
    "{{ range(1000000000)|list }}",
    "{% for x in range(1000000000) %}x{% endfor %}",
    "{% for x in range(10**9) %}{% for y in range(10**9) %}{{ y }}{% endfor %}{% endfor %}",
    "{% set x = 'a' * 1000000000 %}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}",
    "{% extends 'frame.html' %}",
    "{% macro x() %}{{ x() }}{% endmacro %}{{ x() }}",
    "{% filter upper %}x{% endfilter %}",
    "{% if name == 'x' %}x{% endif %}",
    "{% if " + "(" * 5000 + "name" + ")" * 5000 + " %}x{% endif %}",
    "{% if " + "not " * 14_000 + "name %}x{% endif %}",
    "{% if name %}" * 200 + "{% endif %}" * 200,
    "{{ name|center(1000000000) }}",
    "{{ name|replace('', 'x'*1000) }}",
    "{{ name|format }}",
    "{{ name",
    "{% if name %}never closed",
    "{{ 10 ** 10 ** 10 }}",
    "{{ " + "9" * 5000 + " }}",
    "{{ name|default(" + "9" * 5000 + ") }}",
    "{{ nickname }}",
    "{{ name" + "|upper" * 3000 + " }}",
)
"""Texts that are no letter: each must be refused in a sentence, wherever it is typed."""

MISTAKES = ("x" * 70_000, "[a](/relative)", "[a](https://example.org/?who={{ name }})")
"""Texts of which a letter could be made that nobody would want."""
