/// A line of a head. Where it lies in the caller's bytes whole it is read where it lies; only one that was cut in
/// two is put together here, within the bound of its section.
struct CutLine {
  private var bytes: [UInt8] = []

  var isEmpty: Bool { bytes.isEmpty }

  /// Keeps the part of a line whose end has not come.
  mutating func keep(_ part: UnsafeRawBufferPointer) { bytes.append(contentsOf: part) }

  /// Lends the whole line, whose last part is given.
  mutating func with<Fault>(
    _ lastPart: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws(Fault) -> Void
  ) throws(Fault) {
    guard !bytes.isEmpty else { return try body(lastPart) }
    var line: [UInt8] = []
    swap(&line, &bytes)
    line.append(contentsOf: lastPart)
    try line.withUnsafeBufferPointer { (line) throws(Fault) in try body(UnsafeRawBufferPointer(line)) }
  }
}
