internal import Formats
internal import Gateway
internal import Glibc
internal import Signing

/// The file of the seal's keys, beside the store and never in it: lines of 64 hex digits, the newest first.
enum SealKeyFile {
  static let keyBytes = 32
  static let bytesMax = 65_536

  /// The keys of a file; a new one is made where there is none and `mayMake`: rows that another key sealed would all be
  /// worthless beside a new one.
  static func open(_ path: String, mayMake: Bool) throws(StoreFault) -> SealKeys {
    if let keys = try read(path) { return keys }
    guard mayMake else { throw missing(path) }
    try make(path)
    guard let keys = try read(path) else { throw .refused("\(path) was made, and is missing") }
    return keys
  }

  static func missing(_ path: String) -> StoreFault {
    .unproven(
      "\(path) is missing, and the store beside it holds deliveries that only its key can prove: put it back from "
        + "the backup, or move the store aside")
  }

  /// Nil where there is no such file.
  static func read(_ path: String) throws(StoreFault) -> SealKeys? {
    let file = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard file >= 0 else {
      if errno == ENOENT { return nil }
      throw .refused("\(path) cannot be read: \(errorText())")
    }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw .refused("\(path) is no file")
    }
    guard status.st_mode & 0o077 == 0 else {
      throw .refused("\(path) may be read or written by others: its mode must be 0600")
    }
    guard status.st_uid == geteuid() || geteuid() == 0 else {
      throw .refused("\(path) belongs to another user")
    }
    var bytes = [UInt8](repeating: 0, count: bytesMax + 1)
    defer { wipe(&bytes) }
    let count = bytes.withUnsafeMutableBytes { readAll(file, $0) }
    guard count >= 0 else { throw .refused("\(path) cannot be read: \(errorText())") }
    guard count <= bytesMax else { throw .refused("\(path) is longer than \(bytesMax) bytes") }
    guard let keys = bytes.withUnsafeBytes({ keys(UnsafeRawBufferPointer(rebasing: $0[..<count])) }) else {
      throw .refused("\(path) must hold lines of \(2 * keyBytes) hex digits")
    }
    return keys
  }

  private static func keys(_ text: UnsafeRawBufferPointer) -> SealKeys? {
    var keys: [Secret] = []
    for line in text.split(separator: UInt8(ascii: "\n")) {
      guard line.count == 2 * keyBytes,
        let key = Secret.decoding(UnsafeRawBufferPointer(rebasing: line), by: { Hex.decode($0, emit: $1) })
      else { return nil }
      keys.append(key)
    }
    return SealKeys(newestFirst: keys)
  }

  private static func make(_ path: String) throws(StoreFault) {
    var generator = SystemRandomNumberGenerator()
    var line = Array(
      (Hex.encode((0..<keyBytes).map { _ in UInt8.random(in: 0...255, using: &generator) }) + "\n").utf8)
    defer { wipe(&line) }
    try put(line, path)
  }

  /// Makes the file again that somebody has removed: without it all that is stored would be worthless to the next
  /// start.
  static func restore(_ path: String, _ keys: SealKeys) throws(StoreFault) {
    var status = stat()
    guard lstat(path, &status) != 0, errno == ENOENT else { return }
    var lines: [UInt8] = []
    lines.reserveCapacity(keys.all.count * (2 * keyBytes + 1))
    defer { wipe(&lines) }
    for key in keys.all { key.withBytes { lines += (Hex.encode(Array($0)) + "\n").utf8 } }
    try put(lines, path)
  }

  /// Whole or not at all: it is written under another name, and takes its own once it is on disk.
  private static func put(_ lines: [UInt8], _ path: String) throws(StoreFault) {
    let temporary = path + ".new"
    unlink(temporary)
    let file = Glibc.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else {
      throw .refused("\(path) cannot be made: \(errorText()); store.seal-key-file names another place")
    }
    // The mode is ours, whatever the mask leaves of it.
    let isWritten =
      fchmod(file, 0o600) == 0 && write(file, lines, lines.count) == lines.count && fsync(file) == 0
    close(file)
    guard isWritten, rename(temporary, path) == 0, Folder.sync(of: path) else {
      throw .refused("\(path) cannot be made: \(errorText())")
    }
  }

  private static func readAll(_ file: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
    var count = 0
    while count < buffer.count {
      let read = Glibc.read(file, buffer.baseAddress?.advanced(by: count), buffer.count - count)
      if read < 0, errno == EINTR { continue }
      guard read > 0 else { return read < 0 ? -1 : count }
      count += read
    }
    return count
  }

  private static func errorText() -> String { String(cString: strerror(errno)) }
}
