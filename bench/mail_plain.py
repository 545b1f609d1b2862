"""The floor of sending mail with Python: bodies made beforehand, smtplib, sixteen connections, nothing written down.

python -I mail_plain.py PORT BODY COUNT: sends the file BODY to COUNT people.
"""

from __future__ import annotations

import smtplib
import sys
import threading
from pathlib import Path

CONNECTIONS = 16
SENDER = "status@example.org"


def send(port: int, body: bytes, people: list[str]) -> None:
    with smtplib.SMTP("127.0.0.1", port, local_hostname="localhost") as server:
        for person in people:
            server.sendmail(SENDER, [person], body)


def main() -> None:
    port, body, count = int(sys.argv[1]), Path(sys.argv[2]).read_bytes(), int(sys.argv[3])
    people = [f"p{number:05d}@example.org" for number in range(count)]
    workers = [
        threading.Thread(target=send, args=(port, body, people[first::CONNECTIONS])) for first in range(CONNECTIONS)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


main()
