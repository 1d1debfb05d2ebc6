internal import Glibc

/// What a start would say of the store's files, as far as it can be seen without writing: `check` asks, and a daemon
/// may have them open.
public enum StoreLook {
  /// SQLite's header: its first bytes, and where version and owner stand.
  private static let headerBytes = 100
  private static let beginning = Array("SQLite format 3".utf8) + [0]
  private static let versionAt = 60
  private static let ownerAt = 68

  /// - Throws: what would keep the store from being opened.
  public static func judge(_ settings: StoreSettings) throws(StoreFault) {
    let isNew = try judge(file: settings.sqlite)
    if try SealKeyFile.read(settings.sealKeyFile) == nil, !isNew {
      throw SealKeyFile.missing(settings.sealKeyFile)
    }
  }

  /// - Returns: whether there is no store yet.
  private static func judge(file path: String) throws(StoreFault) -> Bool {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard file >= 0 else {
      if errno == ENOENT { return true }
      throw .refused("\(path) cannot be opened: \(StoreFault.text(errno))")
    }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else {
      throw .refused("\(path) cannot be opened: \(StoreFault.text(errno))")
    }
    try Schema.judge(mode: status, path)
    guard status.st_size > 0 else { return true }
    var header = [UInt8](repeating: 0, count: headerBytes)
    guard pread(file, &header, headerBytes, 0) == headerBytes, header.starts(with: beginning) else {
      throw .corrupt
    }
    try judge(header, path)
    return false
  }

  private static func judge(_ header: [UInt8], _ path: String) throws(StoreFault) {
    let number = { (place: Int) in header[place..<place + 4].reduce(0) { $0 << 8 | Int($1) } }
    // Of a store that was just made both may be in its log alone.
    guard [0, Schema.applicationID].contains(number(ownerAt)) else { throw Schema.foreign(path) }
    guard number(versionAt) <= Schema.version else { throw Schema.newer(path, number(versionAt)) }
  }
}
