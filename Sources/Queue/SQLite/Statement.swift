internal import CSQLite

/// A prepared statement. Every use ends with a reset: one that is left in the middle keeps checkpoints from finishing.
final class Statement {
  enum Value {
    case null
    case integer(Int64)
    case text(String)
    case blob([UInt8])

    static func optional(_ number: Int64?) -> Value { number.map { .integer($0) } ?? .null }
    static func optional(_ text: String?) -> Value { text.map { .text($0) } ?? .null }
  }

  private var handle: OpaquePointer?
  private unowned let connection: Connection

  init(_ handle: OpaquePointer, _ connection: Connection) {
    self.handle = handle
    self.connection = connection
  }

  func finalize() {
    sqlite3_finalize(handle)
    handle = nil
  }

  /// Runs a statement that answers no rows.
  ///
  /// - Returns: how many rows it changed.
  @discardableResult
  func run(_ values: [Value]) throws(StoreFault) -> Int {
    defer { reset() }
    try bind(values)
    while try step() {}
    return connection.changes
  }

  /// What `read` makes of the first row; nil where there is none.
  func first<Result>(_ values: [Value], _ read: (Row) -> Result) throws(StoreFault) -> Result? {
    defer { reset() }
    try bind(values)
    return try step() ? read(Row(handle)) : nil
  }

  /// What `read` makes of each row.
  func all<Result>(_ values: [Value], _ read: (Row) -> Result) throws(StoreFault) -> [Result] {
    defer { reset() }
    try bind(values)
    var results: [Result] = []
    while try step() { results.append(read(Row(handle))) }
    return results
  }

  private func step() throws(StoreFault) -> Bool {
    switch sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let code: throw connection.fault(code)
    }
  }

  private func reset() {
    // What it returns is what `step` has thrown already.
    sqlite3_reset(handle)
    // A bound body would stay in memory until the next one.
    sqlite3_clear_bindings(handle)
  }

  private func bind(_ values: [Value]) throws(StoreFault) {
    for (index, value) in values.enumerated() {
      let place = Int32(index + 1)
      switch value {
      case .null: try connection.succeed(sqlite3_bind_null(handle, place))
      case .integer(let number): try connection.succeed(sqlite3_bind_int64(handle, place, number))
      case .text(var text):
        try connection.succeed(
          text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) {
              vg_sqlite_bind_text(handle, place, $0.baseAddress, UInt64($0.count))
            }
          })
      case .blob(let bytes):
        try connection.succeed(
          bytes.withUnsafeBytes {
            // Without an address it would be NULL.
            $0.count == 0
              ? sqlite3_bind_zeroblob(handle, place, 0)
              : vg_sqlite_bind_blob(handle, place, $0.baseAddress, UInt64($0.count))
          })
      }
    }
  }
}

/// The row that a statement stands on.
struct Row {
  private let handle: OpaquePointer?

  init(_ handle: OpaquePointer?) { self.handle = handle }

  func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

  func optionalInteger(_ column: Int32) -> Int64? {
    sqlite3_column_type(handle, column) == SQLITE_NULL ? nil : integer(column)
  }

  func blob(_ column: Int32) -> [UInt8] {
    // The address first: asking for it may convert the value, and change its length.
    let bytes = sqlite3_column_blob(handle, column)
    return Array(
      UnsafeRawBufferPointer(
        start: bytes, count: bytes == nil ? 0 : Int(sqlite3_column_bytes(handle, column))))
  }

  func text(_ column: Int32) -> String { String(decoding: blob(column), as: UTF8.self) }

  func optionalText(_ column: Int32) -> String? {
    sqlite3_column_type(handle, column) == SQLITE_NULL ? nil : text(column)
  }

  /// Of what is only shown, the beginning: ours is shorter, and whoever edits the file may have written anything.
  func shown(_ column: Int32, bytesMax: Int = 8_192) -> String {
    guard let bytes = sqlite3_column_blob(handle, column) else { return "" }
    let count = min(Int(sqlite3_column_bytes(handle, column)), bytesMax)
    return String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
  }

  func optionalShown(_ column: Int32) -> String? {
    sqlite3_column_type(handle, column) == SQLITE_NULL ? nil : shown(column)
  }
}
