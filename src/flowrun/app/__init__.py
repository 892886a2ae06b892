"""Wiring: what the command line (and later a server) asks for, in a few calls.

This is the only place that knows how flows are loaded, run and kept: `flows` for files, `runs` for executions that
begin, `kept` for those of the store.
"""
