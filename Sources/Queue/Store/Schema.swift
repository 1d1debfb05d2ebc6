internal import Glibc

/// How the file is laid out, and how SQLite is told to treat it.
enum Schema {
  static let version = 1
  /// "VSGQ": no other program's file is taken for a store.
  static let applicationID = 0x5653_4751

  /// Each is set, and read back: a build of SQLite may have been told to ignore one. The first has to stand before the
  /// second: in a file with a log it stays what it was.
  static let pragmas: [(name: String, set: String, reads: String)] = [
    ("auto_vacuum", "INCREMENTAL", "2"), ("journal_mode", "WAL", "wal"), ("synchronous", "FULL", "2"),
    ("wal_autocheckpoint", "0", "0"), ("journal_size_limit", "67108864", "67108864"),
    // Otherwise each deletion would write its zeros, too.
    ("secure_delete", "FAST", "2"), ("foreign_keys", "ON", "1"), ("mmap_size", "0", "0"),
    ("trusted_schema", "OFF", "0"), ("cell_size_check", "ON", "1"), ("temp_store", "MEMORY", "2"),
    ("cache_size", "-8192", "-8192"),
  ]

  /// What is hot is narrow: heads and bodies have a table of their own. A job's lane is its route and, where all
  /// upstreams get a delivery, its upstream: a lane that waits costs the others nothing, not even its rows in an index.
  static let tables = """
    CREATE TABLE delivery(id INTEGER PRIMARY KEY AUTOINCREMENT, public_id BLOB NOT NULL UNIQUE, route TEXT NOT NULL,
      accepted INTEGER NOT NULL, signed INTEGER, request_id TEXT NOT NULL, remote TEXT NOT NULL,
      method TEXT NOT NULL, target BLOB NOT NULL, secret TEXT NOT NULL, stored_bytes INTEGER NOT NULL,
      body_bytes INTEGER NOT NULL, body_digest BLOB NOT NULL, seal BLOB NOT NULL, dedupe_key BLOB,
      held INTEGER NOT NULL, final INTEGER, body_kept INTEGER NOT NULL);
    CREATE INDEX delivery_held ON delivery(stored_bytes) WHERE held>0;
    CREATE INDEX delivery_final ON delivery(body_kept, final) WHERE final IS NOT NULL;
    CREATE TABLE body(id INTEGER PRIMARY KEY REFERENCES delivery ON DELETE CASCADE,
      head BLOB NOT NULL, bytes BLOB NOT NULL);
    CREATE TABLE lane(id INTEGER PRIMARY KEY, route TEXT NOT NULL, upstream TEXT NOT NULL,
      UNIQUE(route, upstream));
    CREATE TABLE job(id INTEGER PRIMARY KEY, delivery INTEGER NOT NULL REFERENCES delivery ON DELETE CASCADE,
      lane INTEGER NOT NULL REFERENCES lane, state INTEGER NOT NULL, attempt INTEGER NOT NULL,
      budget_from INTEGER NOT NULL, budget_attempt INTEGER NOT NULL, late_attempts INTEGER NOT NULL,
      due INTEGER, ended INTEGER, status INTEGER, reason TEXT, replay INTEGER, UNIQUE(delivery, lane));
    CREATE INDEX job_due ON job(lane, due) WHERE state=0;
    CREATE INDEX job_sending ON job(id) WHERE state=1;
    CREATE INDEX job_dead ON job(ended) WHERE state=3;
    CREATE INDEX job_orphaned ON job(lane) WHERE state=5;
    CREATE TABLE attempt(job INTEGER NOT NULL REFERENCES job ON DELETE CASCADE, n INTEGER NOT NULL,
      at INTEGER NOT NULL, ms INTEGER NOT NULL, status INTEGER, reason TEXT, answer BLOB, upstream TEXT,
      PRIMARY KEY(job, n)) WITHOUT ROWID;
    CREATE TABLE dedupe(key BLOB PRIMARY KEY, delivery INTEGER NOT NULL, public_id BLOB NOT NULL,
      body_digest BLOB NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
    CREATE INDEX dedupe_until ON dedupe(until);
    CREATE TABLE quarantine(id INTEGER PRIMARY KEY, route TEXT NOT NULL, arrived INTEGER NOT NULL, reason TEXT NOT NULL,
      head BLOB NOT NULL, body BLOB NOT NULL, key BLOB NOT NULL UNIQUE, generation INTEGER NOT NULL);
    CREATE INDEX quarantine_route ON quarantine(route, id);
    CREATE INDEX quarantine_arrived ON quarantine(route, arrived);
    CREATE TABLE replay(id INTEGER PRIMARY KEY, filter TEXT NOT NULL, rate INTEGER NOT NULL, cursor INTEGER NOT NULL,
      upto INTEGER NOT NULL, state INTEGER NOT NULL, moved INTEGER NOT NULL, failed INTEGER NOT NULL);
    CREATE TABLE meta(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
    """

  /// Makes the file for its owner alone; SQLite gives its other files the same mode.
  static func makeFile(_ path: String, mayMake: Bool) throws(StoreFault) {
    let file = open(path, O_RDWR | (mayMake ? O_CREAT : 0) | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { throw .refused("\(path) cannot be opened: \(StoreFault.text(errno))") }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else {
      throw .refused("\(path) cannot be opened: \(StoreFault.text(errno))")
    }
    try judge(mode: status, path)
    // A store whose name were lost with the power would be lost with it.
    guard status.st_size > 0 || Folder.sync(of: path) else { throw .sync }
  }

  static func judge(mode status: stat, _ path: String) throws(StoreFault) {
    guard status.st_mode & S_IFMT == S_IFREG else { throw .refused("\(path) is no file") }
    guard status.st_mode & 0o077 == 0 else {
      throw .refused("\(path) may be read or written by others: its mode must be 0600")
    }
  }

  static func foreign(_ path: String) -> StoreFault { .refused("\(path) is some other program's database") }

  static func newer(_ path: String, _ found: Int) -> StoreFault {
    .refused("\(path) was written by a newer vesigate (layout \(found), this one knows \(version))")
  }

  /// Settings, then tables where there are none. Whose file it is comes first: another's is not touched.
  static func prepare(_ connection: Connection, path: String, mayMake: Bool = true) throws(StoreFault) {
    let isNew = try connection.value("SELECT count(*) FROM sqlite_schema") == "0"
    let owner = try connection.value("PRAGMA application_id")
    guard isNew || owner == String(applicationID) else { throw foreign(path) }
    let found = Int(try connection.value("PRAGMA user_version") ?? "") ?? 0
    guard found <= version else { throw newer(path, found) }
    guard !isNew || mayMake else { throw .refused("\(path) is empty, and was not when it was opened") }
    try set(connection)
    guard isNew else { return try addUpstream(connection) }
    try connection.run(
      "BEGIN IMMEDIATE; \(tables) PRAGMA application_id=\(applicationID); PRAGMA user_version=\(version); COMMIT"
    )
  }

  /// Which of several upstreams an attempt ended with came later. An older program goes on reading and writing such a
  /// file: it names the columns that it knows.
  private static func addUpstream(_ connection: Connection) throws(StoreFault) {
    let known = try connection.value(
      "SELECT count(*) FROM pragma_table_info('attempt') WHERE name='upstream'")
    if known == "0" { try connection.run("ALTER TABLE attempt ADD COLUMN upstream TEXT") }
  }

  private static func set(_ connection: Connection) throws(StoreFault) {
    for (name, value, reads) in pragmas {
      try connection.run("PRAGMA \(name)=\(value)")
      // SQLite without memory mapping answers nothing.
      let read = try connection.value("PRAGMA \(name)") ?? "0"
      guard read == reads else { throw .refused("SQLite keeps \(name) at \(read) where it must be \(reads)") }
    }
  }
}
