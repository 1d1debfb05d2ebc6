internal import CSQLite
internal import Glibc

/// One connection to a SQLite file. Not Sendable: it stays on the thread that opened it.
final class Connection {
  enum Mode {
    /// The one that writes and checkpoints: SQLite before 3.51.3 loses commits where a second one does either.
    case writing
    /// Never writes, never checkpoints.
    case reading
  }

  private var handle: OpaquePointer?
  private var statements: [Statement] = []

  init(_ path: String, _ mode: Mode) throws(StoreFault) {
    let flags = mode == .writing ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY
    // One thread alone has it, so it needs no mutex of its own.
    let code = sqlite3_open_v2(path, &handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
    guard code == SQLITE_OK else {
      defer { close() }
      throw fault(code)
    }
    // What a failing connection leaves behind is left as it is: the next opening decides.
    try succeed(vg_sqlite_keep_wal_on_close(handle))
    try succeed(vg_sqlite_defend(handle))
    try succeed(sqlite3_busy_timeout(handle, 2000))
  }

  deinit { close() }

  func close() {
    for statement in statements { statement.finalize() }
    statements = []
    guard let handle else { return }
    // Not `_v2`: that would leave the file's locks behind where a statement was forgotten.
    sqlite3_close(handle)
    self.handle = nil
  }

  func prepare(_ sql: String) throws(StoreFault) -> Statement {
    var prepared: OpaquePointer?
    try succeed(sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil))
    guard let prepared else { throw .other(SQLITE_MISUSE, "no statement: \(sql)") }
    let statement = Statement(prepared, self)
    statements.append(statement)
    return statement
  }

  /// One or several statements without values.
  func run(_ sql: String) throws(StoreFault) { try succeed(sqlite3_exec(handle, sql, nil, nil, nil)) }

  /// The first column of the first row of a statement that is used once.
  func value(_ sql: String) throws(StoreFault) -> String? {
    let statement = try prepare(sql)
    defer { forget(statement) }
    return try statement.first([]) { $0.text(0) }
  }

  /// Of a statement that is not needed again.
  func forget(_ statement: Statement) {
    statement.finalize()
    statements.removeAll { $0 === statement }
  }

  var lastID: Int64 { sqlite3_last_insert_rowid(handle) }
  var changes: Int { Int(sqlite3_changes(handle)) }
  /// Whether a transaction is open.
  var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

  func succeed(_ code: Int32) throws(StoreFault) {
    guard code == SQLITE_OK else { throw fault(code) }
  }

  /// What a code means to us. The message has to be read before the next call.
  func fault(_ code: Int32) -> StoreFault {
    switch code & 0xFF {
    case SQLITE_FULL: return .full
    case SQLITE_CORRUPT, SQLITE_NOTADB: return .corrupt
    case SQLITE_BUSY, SQLITE_LOCKED: return .busy
    case SQLITE_CONSTRAINT: return .constraint(String(cString: sqlite3_errmsg(handle)))
    case SQLITE_IOERR:
      // Extended codes are made by macros that Swift does not read: the kind in the second byte.
      switch code >> 8 {
      // FSYNC and DIR_FSYNC.
      case 4, 5: return .sync
      default:
        let system = sqlite3_system_errno(handle)
        return system == ENOSPC || system == EDQUOT ? .full : .io(code)
      }
    default: return .other(code, String(cString: sqlite3_errmsg(handle)))
    }
  }
}

extension Connection {
  enum Checkpoint {
    /// What no reader needs any more, without waiting.
    case passive
    /// All of it, and the log's length to 0; waits for readers.
    case truncating
  }

  /// - Returns: whether all of the log is in the file now.
  func checkpoint(_ kind: Checkpoint) throws(StoreFault) -> Bool {
    var log: Int32 = 0
    var moved: Int32 = 0
    let mode = kind == .passive ? SQLITE_CHECKPOINT_PASSIVE : SQLITE_CHECKPOINT_TRUNCATE
    let code = sqlite3_wal_checkpoint_v2(handle, nil, mode, &log, &moved)
    if code & 0xFF == SQLITE_BUSY { return false }
    try succeed(code)
    return log == moved
  }

  /// Writes all of it into an empty file.
  func copy(to path: String) throws(StoreFault) {
    let statement = try prepare("VACUUM INTO ?")
    defer { forget(statement) }
    try statement.run([.text(path)])
  }

  /// Has `pages` hold the log's length behind each commit, in pages. It must live as long as the connection.
  func watchLog(_ pages: UnsafeMutablePointer<Int32>) {
    // It takes the place of SQLite's own checkpoints, too.
    sqlite3_wal_hook(
      handle,
      { context, _, _, pages in
        context?.assumingMemoryBound(to: Int32.self).pointee = pages
        return SQLITE_OK
      }, pages)
  }

  /// Ends statements that still run at the deadline (monotonic, nanoseconds), which must live until it is nil again.
  func interrupt(_ deadline: UnsafeMutablePointer<UInt64>?) {
    guard let deadline else { return sqlite3_progress_handler(handle, 0, nil, nil) }
    sqlite3_progress_handler(
      handle, 10_000,
      { context in
        guard let end = context?.assumingMemoryBound(to: UInt64.self).pointee else { return 0 }
        return Uptime.nanoseconds() > end ? 1 : 0
      }, deadline)
  }
}
