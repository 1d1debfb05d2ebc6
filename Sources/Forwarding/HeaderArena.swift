internal import CCurl
internal import Gateway

/// A delivery's header list in the form libcurl reads, built in memory that is used again: no allocation
/// per header.
final class HeaderArena {
  private var text: UnsafeMutableRawPointer = .allocate(byteCount: 4096, alignment: 8)
  private var textCapacity = 4096
  private var nodes: UnsafeMutablePointer<curl_slist> = .allocate(capacity: 64)
  private var nodesCapacity = 64

  deinit {
    text.deallocate()
    nodes.deallocate()
  }

  /// Builds the list; it is valid until the next call. Names and values were validated when they were
  /// read: no CR, LF or NUL can be in them.
  func build(_ request: ForwardRequest) -> UnsafeMutablePointer<curl_slist>? {
    let headers = request.headers
    makeRoom(for: headers)
    var lines = 0
    var offset = 0
    func finishLine(from start: Int) {
      text.storeBytes(of: 0, toByteOffset: offset, as: UInt8.self)
      offset += 1
      nodes[lines] = curl_slist(
        data: text.advanced(by: start).assumingMemoryBound(to: CChar.self), next: nodes + lines + 1)
      lines += 1
    }
    func put(_ bytes: UnsafeRawBufferPointer) {
      if let source = bytes.baseAddress {
        text.advanced(by: offset).copyMemory(from: source, byteCount: bytes.count)
      }
      offset += bytes.count
    }
    func put(_ text: StaticString) {
      put(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
    for index in 0..<headers.count {
      let start = offset
      headers.withField(index) { name, value in
        put(name)
        // libcurl drops `Name:` with nothing behind it; `Name;` is its word for an empty value.
        if value.isEmpty { put(";") } else { put(": ") }
        put(value)
      }
      finishLine(from: start)
    }
    // A name with nothing behind it keeps libcurl from inventing the field.
    func suppress(_ line: StaticString) {
      let start = offset
      put(line)
      finishLine(from: start)
    }
    if !request.hasAccept { suppress("Accept:") }
    if request.hasBody, !request.hasContentType { suppress("Content-Type:") }
    // Above 1 MiB libcurl would wait a second for `100 Continue`.
    if request.body.count >= 65_536 { suppress("Expect:") }
    guard lines > 0 else { return nil }
    nodes[lines - 1].next = nil
    return nodes
  }

  private func makeRoom(for headers: HeaderList) {
    let bytes = headers.wireBytes + 64
    if bytes > textCapacity {
      text.deallocate()
      textCapacity = 2 * bytes
      text = .allocate(byteCount: textCapacity, alignment: 8)
    }
    if headers.count + 4 > nodesCapacity {
      nodes.deallocate()
      nodesCapacity = 2 * headers.count + 4
      nodes = .allocate(capacity: nodesCapacity)
    }
  }
}
