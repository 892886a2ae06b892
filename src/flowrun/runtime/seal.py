"""Encrypt what an execution must not hold in the clear."""

from __future__ import annotations

import os
from base64 import b64encode


class Seal:
    """Encrypts with a key of this process, made when first used; nobody can read it back, nor has to."""

    def __init__(self) -> None:
        self.key = ""

    def __call__(self, text: str) -> str:
        """AES-GCM, in Base64."""
        from flowrun.template.encryption import encrypted

        self.key = self.key or b64encode(os.urandom(32)).decode()
        return encrypted(self.key, text) or ""
