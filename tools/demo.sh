#!/usr/bin/env bash
# The whole way once: texts → site → folder, readers → mails as files. Everything lands in out/ and .tidings/.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/setup.sh demo

say() { printf '%s\n' "$*"; }
step() { printf '\n%s\n' "$*"; }
tidings() { .venv/bin/tidings --root . "$@" 2>&1 | sed 's/^/    /'; }
# the example site has a clock of its own (mkdocs.yml), so that it is alive whenever you look; this is its next morning
morning=2026-11-21T08:05:00Z

say "Northwind, an invented company, runs its status page with Tidings. Its present is the site's clock: 2026-11-20 15:04 UTC."

step "1. Are the texts right?  tidings check"
tidings check
step "2. Who wants to hear?  tidings audience import examples/demo/subscribers.csv"
tidings audience import examples/demo/subscribers.csv
step "3. Publish: build the site, bring it to out/site, mail those who want to know at once.  tidings publish"
tidings publish
step "4. The next morning, the digests leave; here each mail becomes a file in out/mail.  tidings --now $morning deliver"
tidings --now "$morning" deliver
step "5. Publish again without a change: nothing to do, nobody is written to.  tidings publish"
tidings publish
step "6. Where do we stand?  tidings status"
tidings status

pages=$(find out/site -name '*.html' | wc -l)
mails=$(find out/mail -name '*.eml' | wc -l)
step "Done. Look at:"
say "    out/site         the site: $pages pages in three languages, feeds, calendar, JSON"
say "    out/mail         $mails mails; any mail program opens them"
say "    incidents/       the texts all of this was made from; policy/ says how Northwind communicates"
say ""
say "See it in a browser:    .venv/bin/python -m http.server 8000 --bind 127.0.0.1 --directory out/site"
say "                        then open http://127.0.0.1:8000/"
say "Change it, alive:       make preview"
say "Begin again:            make clean demo"
