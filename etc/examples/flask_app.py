"""Takes the deliveries that vesigate has verified: keeps each once, answers, and does the work later.

    gunicorn --bind unix:/run/shop/socket --workers 2 flask_app:app
    python3 flask_app.py    # one process of these beside it, which does the work
"""
import hashlib
import json
import os
import sqlite3
import time
from contextlib import closing

from flask import Flask, abort, request

FOLDER = os.environ.get("STATE_DIRECTORY", ".")
app = Flask(__name__)


def database():
    db = sqlite3.connect(FOLDER + "/deliveries.db", isolation_level=None)
    db.execute("""CREATE TABLE IF NOT EXISTS deliveries
        (id TEXT PRIMARY KEY, body BLOB, state TEXT DEFAULT 'new', taken TEXT DEFAULT CURRENT_TIMESTAMP)""")
    return db


@app.post("/vesicash")
def take():
    if request.headers.get("X-Verified") != "true":
        abort(403)  # vesigate did not send this
    body = request.get_data()
    # Durable routes name each delivery. Elsewhere the same body is the same delivery.
    name = request.headers.get("X-Delivery-Id") or hashlib.sha256(body).hexdigest()
    with closing(database()) as db:
        db.execute("INSERT INTO deliveries (id, body) VALUES (?, ?) ON CONFLICT DO NOTHING", (name, body))
    return "", 200  # it is on disk, once, however often it comes


def work():
    db = database()
    while True:
        row = db.execute("SELECT id, body FROM deliveries WHERE state = 'new' ORDER BY rowid LIMIT 1").fetchone()
        if row is None:
            time.sleep(0.2)
            continue
        state = "done"
        try:
            handle(json.loads(row[1]))
        except Exception as error:
            state = "failed: %r" % error
        db.execute("UPDATE deliveries SET state = ? WHERE id = ?", (state, row[0]))


def handle(event):
    """What your business does about it. Here: a line in a file."""
    with open(FOLDER + "/payments.txt", "a") as file:
        file.write("{reference} {amount} {currency}\n".format(**event["data"]))


if __name__ == "__main__":
    work()
