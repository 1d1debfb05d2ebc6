#!/usr/bin/env python3
"""bench/storefloor.py STORE BYTES BATCH SECONDS: what the disk and SQLite give without a gateway, as JSON.

STORE is a store that vesigate has made, closed, with one delivery of the size that is asked about: the rows that are
added are like that one, with the same tables, indexes and pragmas, so many in one transaction, and checkpoints when
they are due. Beside it a loop of pwrite and fdatasync, of as many bytes as such a transaction writes.
"""
import json
import os
import sqlite3
import sys
import time

# What Sources/Queue/Store/Schema.swift sets on its connection.
PRAGMAS = ["journal_mode=WAL", "synchronous=FULL", "wal_autocheckpoint=0", "journal_size_limit=67108864",
           "secure_delete=FAST", "foreign_keys=ON", "mmap_size=0", "trusted_schema=OFF", "cell_size_check=ON",
           "temp_store=MEMORY", "cache_size=-8192"]
CHECKPOINT_BYTES = 4 << 20


class Store:
    def __init__(self, path, body_bytes):
        self.path = path
        self.db = sqlite3.connect(path, isolation_level=None)
        for pragma in PRAGMAS:
            self.db.execute("PRAGMA " + pragma).fetchall()
        number = self.db.execute("SELECT id FROM delivery WHERE body_bytes=? ORDER BY id LIMIT 1",
                                 (body_bytes,)).fetchone()
        if number is None:
            raise SystemExit("storefloor: the store has no delivery of %d bytes" % body_bytes)
        self.inserts = [self.insert(table, column, number[0]) for table, column in (
            ("delivery", "id"), ("body", "id"), ("job", "delivery"), ("dedupe", "delivery"))]
        self.next = self.db.execute("SELECT max(id) FROM delivery").fetchone()[0] + 1

    def insert(self, table, column, number):
        """The statement for one more row like that one, and its values by name."""
        cursor = self.db.execute("SELECT * FROM %s WHERE %s=?" % (table, column), (number,))
        names = [found[0] for found in cursor.description]
        values = dict(zip(names, cursor.fetchone()))
        if table == "job":
            values.pop("id")
        return ("INSERT INTO %s(%s) VALUES(%s)" % (table, ", ".join(values), ", ".join(":" + name for name in values)),
                values)

    def add(self, at, more=None):
        """One more row, accepted at that Unix millisecond: what is of its time lies beside what came before it."""
        delivery, body, job, dedupe = (values for _, values in self.inserts)
        delivery["id"] = body["id"] = job["delivery"] = dedupe["delivery"] = self.next
        # A UUID that begins with the time, and a hash.
        delivery["public_id"] = dedupe["public_id"] = (
            at.to_bytes(6, "big") + b"\x70" + self.next.to_bytes(4, "big") + os.urandom(5))
        delivery["dedupe_key"] = dedupe["key"] = os.urandom(32)
        delivery["accepted"] = job["budget_from"] = job["due"] = at
        dedupe["until"] = at + 345600000
        if more is not None:
            more(delivery, job)
        for statement, values in self.inserts:
            self.db.execute(statement, values)
        self.next += 1

    def wal_bytes(self):
        return os.stat(self.path + "-wal").st_size


def run_sqlite(path, body_bytes, batch, seconds):
    store = Store(path, body_bytes)
    store.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    rows, since, every, times = 0, 0, None, []
    wal_before, first_rows = 0, 0
    begun = time.monotonic()
    while (now := time.monotonic()) < begun + seconds:
        store.db.execute("BEGIN IMMEDIATE")
        for _ in range(batch):
            store.add(int(time.time() * 1000))
        store.db.execute("COMMIT")
        times.append(time.monotonic() - now)
        rows += batch
        since += batch
        if every is None and store.wal_bytes() >= CHECKPOINT_BYTES:
            every, wal_before, first_rows = since, store.wal_bytes(), since
        if every is not None and since >= every:
            # The log's file keeps its length from here on: what fills it is known by now.
            store.db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            since = 0
    took = time.monotonic() - begun
    if every is None:
        wal_before, first_rows = store.wal_bytes(), rows
    times.sort()
    return {"rows_per_second": rows / took, "commit_p50_ms": at(times, 0.5), "commit_p99_ms": at(times, 0.99),
            "wal_bytes_per_commit": wal_before * batch // first_rows}


def run_disk(path, commit_bytes, seconds):
    """A file that is written over and over, as the log is."""
    file = os.open(path + ".floor", os.O_RDWR | os.O_CREAT, 0o600)
    data = os.urandom(commit_bytes)
    os.pwrite(file, bytes(CHECKPOINT_BYTES + commit_bytes), 0)
    os.fsync(file)
    place, times = 0, []
    begun = time.monotonic()
    while (now := time.monotonic()) < begun + seconds:
        os.pwrite(file, data, place)
        os.fdatasync(file)
        times.append(time.monotonic() - now)
        place = (place + commit_bytes) % CHECKPOINT_BYTES
    took = time.monotonic() - begun
    os.close(file)
    os.unlink(path + ".floor")
    times.sort()
    return {"syncs_per_second": len(times) / took, "sync_p50_ms": at(times, 0.5)}


def at(times, share):
    return 1000 * times[int(share * (len(times) - 1))]


def main():
    path, body_bytes, batch, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    found = run_sqlite(path, body_bytes, batch, seconds)
    found.update(run_disk(path, found["wal_bytes_per_commit"], max(seconds / 2, 0.5)))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
