"""Hypothesis wants the depth of calls that Python allows to stay as it is in a test: it is what reading a flow asks for."""

import sys

from flowrun.loading.parse import FRAMES

sys.setrecursionlimit(FRAMES)
