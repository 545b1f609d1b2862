"""The memory store keeps the port's promises."""

from __future__ import annotations

import pytest

from publisher.adapters.memory import MemoryStore
from publisher.ports import ObjectStore
from tests.contract.object_store import ObjectStoreContract


class TestMemoryStore(ObjectStoreContract):
    """The suite on a dictionary."""

    @pytest.fixture
    def store(self) -> ObjectStore:
        """Give an empty store."""
        return MemoryStore()
