"""The reports of `flowrun validate`, one module each: a function from checked files to the pieces of the report.

The pieces come as soon as they can be written: file by file where the format allows it, else as one document.
"""
