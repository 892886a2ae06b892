"""Text → tree with spans → `Flow`, or diagnostics. No I/O but for reading the file itself."""

from flowrun.loading.loader import Loaded, load
from flowrun.loading.source import Source, read_source

__all__ = ["Loaded", "Source", "load", "read_source"]
