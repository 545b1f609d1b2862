"""Who may read a bucket from a script: everybody, as everything in it is public and nothing depends on who asks."""

from __future__ import annotations

import json

_DAY_S = 24 * 3600


def render_cors() -> str:
    """Write the bucket's CORS configuration, as `aws s3api put-bucket-cors --cors-configuration` reads it."""
    rule = {
        "AllowedOrigins": ["*"],
        "AllowedMethods": ["GET", "HEAD"],
        "AllowedHeaders": ["If-None-Match", "If-Modified-Since", "Range"],
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": _DAY_S,
    }
    return json.dumps({"CORSRules": [rule]}, indent=2) + "\n"
