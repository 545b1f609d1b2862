#!/usr/bin/env bash
# Write the examples in this folder anew from the example site. A test compares them with what the commands say.
set -euo pipefail
cd "$(dirname "$0")/.."
tidings=(.venv/bin/tidings --root .)
"${tidings[@]}" hosting nginx --site-root /srv/status \
    --certificate /etc/letsencrypt/live/status.northwind.example/fullchain.pem \
    --key /etc/letsencrypt/live/status.northwind.example/privkey.pem --out deploy/nginx/status.conf
"${tidings[@]}" hosting netlify --out deploy/netlify
"${tidings[@]}" hosting cloudfront --out deploy/cloudfront/template.yaml
"${tidings[@]}" hosting s3-cors --out deploy/s3/cors.json
