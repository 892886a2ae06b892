"""flowrun checks, runs, tests and ships Kestra flow files from one command."""

__version__ = "0.1.0"
