/// A request that somebody saved to a file: its bytes as they went over the wire.
public enum SavedRequest {
  public typealias Parts = (head: RequestHead, body: [UInt8], bytesBehind: Int)

  /// Nil when the file ends before the request does.
  public static func read(_ bytes: [UInt8], bounds: RequestReader.Bounds) throws(RequestFault) -> Parts? {
    var reader = RequestReader(bounds: bounds)
    // An editor's byte order mark is no part of what was sent.
    var offset = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var head: RequestHead?
    var body: [UInt8] = []
    while true {
      var consumed = 0
      let event = try next(bytes, offset, &reader, &consumed)
      switch event {
      case .needMore: return nil
      case .head(let read): head = read
      case .body(let range): body += bytes[(offset + range.lowerBound)..<(offset + range.upperBound)]
      case .end: return head.map { ($0, body, bytes.count - offset - consumed) }
      }
      offset += consumed
    }
  }

  private static func next(
    _ bytes: [UInt8], _ offset: Int, _ reader: inout RequestReader, _ consumed: inout Int
  ) throws(RequestFault) -> RequestReader.Event {
    try bytes[offset...].withUnsafeBufferPointer { (rest) throws(RequestFault) in
      try reader.read(UnsafeRawBufferPointer(rest), consumed: &consumed)
    }
  }

  /// The bytes that read back to this head and body. A chunked body gets a length instead: its chunks are
  /// not kept, and no signature is over them.
  public static func bytes(_ head: RequestHead, body: UnsafeRawBufferPointer) -> [UInt8] {
    var bytes = Array("\(head.method) ".utf8) + head.target + Array(" HTTP/1.\(head.minorVersion)\r\n".utf8)
    for index in 0..<head.headers.count {
      head.headers.withField(index) { name, value in
        guard !replaced.contains(where: { name.equalsIgnoringCase(Array($0.utf8)) }) else { return }
        bytes += name
        bytes += Array(": ".utf8)
        bytes += value
        bytes += [0x0D, 0x0A]
      }
    }
    bytes += Array("Content-Length: \(body.count)\r\n\r\n".utf8)
    bytes += body
    return bytes
  }

  private static let replaced = ["content-length", "transfer-encoding", "trailer", "expect"]
}
