"""The live page of the sandbox: what came, what became of it, and what the judge says of it, as it happens."""

from __future__ import annotations
