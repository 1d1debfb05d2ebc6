"""Takes the deliveries that vesigate has verified: keeps each once, answers, and does the work later.

    python3 -m uvicorn --host 127.0.0.1 --port 8000 fastapi_app:app
"""
import hashlib
import json
import os
import sqlite3
import threading
import time
from contextlib import closing

from fastapi import FastAPI, Header, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool

FOLDER = os.environ.get("STATE_DIRECTORY", ".")
app = FastAPI()


def database():
    db = sqlite3.connect(FOLDER + "/deliveries.db", isolation_level=None)
    db.execute("""CREATE TABLE IF NOT EXISTS deliveries
        (id TEXT PRIMARY KEY, body BLOB, state TEXT DEFAULT 'new', taken TEXT DEFAULT CURRENT_TIMESTAMP)""")
    return db


@app.post("/vesicash")
async def take(request: Request, x_verified: str = Header(""), x_delivery_id: str = Header("")):
    if x_verified != "true":
        raise HTTPException(403)  # vesigate did not send this
    body = await request.body()
    # Durable routes name each delivery. Elsewhere the same body is the same delivery.
    await run_in_threadpool(keep, x_delivery_id or hashlib.sha256(body).hexdigest(), body)
    return Response()  # it is on disk, once, however often it comes


def keep(name, body):
    with closing(database()) as db:
        db.execute("INSERT INTO deliveries (id, body) VALUES (?, ?) ON CONFLICT DO NOTHING", (name, body))


def work():
    db = database()
    while True:
        rows = db.execute("SELECT id, body FROM deliveries WHERE state = 'new' ORDER BY rowid").fetchall()
        for name, body in rows:
            state = "done"
            try:
                handle(json.loads(body))
            except Exception as error:
                state = "failed: %r" % error
            db.execute("UPDATE deliveries SET state = ? WHERE id = ?", (state, name))
        time.sleep(0.2)


def handle(event):
    """What your business does about it. Here: a line in a file."""
    with open(FOLDER + "/payments.txt", "a") as file:
        file.write("{reference} {amount} {currency}\n".format(**event["data"]))


# One process does all of it: with uvicorn's --workers the work would be done by each.
threading.Thread(target=work, daemon=True).start()
