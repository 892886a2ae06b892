"""Scripts for those who work on flowrun; no part of the package."""
