"""Read a page with the Python client aRez and print what it understood as JSON. It indexes keys without looking."""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from typing import Any

# Not among what every developer has installed, so it is named where it is used.
client = importlib.import_module("arez.statuspage")


async def read(address: str) -> Any:
    async with client.StatusPage(address, loop=asyncio.get_running_loop()) as page:
        return await page.get_status()


heard = asyncio.run(read(sys.argv[1]))
print(
    json.dumps(
        {
            "status": heard.status,
            "impact": heard.impact,
            "groups": {g.name: [c.name for c in g.components] for g in heard.groups},
            "components": {c.name: c.status for c in heard.components},
            "incidents": [
                {"name": i.name, "status": i.status, "impact": i.impact, "latest": i.last_update.description}
                | {"components": [c.name for c in i.components]}
                for i in heard.incidents
            ],
            "maintenances": [
                {"name": m.name, "status": m.status, "for": m.scheduled_for.isoformat()} for m in heard.maintenances
            ],
        }
    )
)
