internal import CCurl
internal import Glibc

/// What a call collects, and whether it has gone out.
final class AnswerSink {
  /// Answers up to this size never move in memory, so that wiping the body leaves no older copy behind.
  private static let reservedBytes = 65_536

  let errorText = UnsafeMutableBufferPointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
  private(set) var hasLeft = false
  private let bytesMax: Int
  private let isLocalOnly: Bool
  private var complaint: String?
  private var status = 0
  private var head: [UInt8] = []
  private var body: [UInt8] = []

  init(bytesMax: Int, isLocalOnly: Bool) {
    self.bytesMax = bytesMax
    self.isLocalOnly = isLocalOnly
    errorText.initialize(repeating: 0)
    body.reserveCapacity(min(bytesMax, Self.reservedBytes))
  }

  deinit {
    body.withUnsafeMutableBytes { bytes in
      if let start = bytes.baseAddress { explicit_bzero(start, bytes.count) }
    }
    errorText.deallocate()
  }

  /// False keeps the request from being sent: again within one call, or in the clear to another machine.
  func mayLeave(to address: String) -> Bool {
    guard !hasLeft else { return false }
    guard !isLocalOnly || AnswerSink.isLoopback(address) else {
      complaint = "plain http is for a loopback address only, and this is \(address): use https"
      return false
    }
    hasLeft = true
    return true
  }

  private static func isLoopback(_ address: String) -> Bool {
    address.hasPrefix("127.") || address == "::1" || address.hasPrefix("::ffff:127.")
  }

  func takeHead(_ line: UnsafeRawBufferPointer) -> Bool {
    guard head.count + line.count <= bytesMax else { return false }
    head += line
    if line.count >= 12, line.starts(with: "HTTP/".utf8) {
      status = Int(String(decoding: line.dropFirst(9).prefix(3), as: UTF8.self)) ?? 0
    }
    return true
  }

  func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard body.count + bytes.count <= bytesMax else { return false }
    body += bytes
    return true
  }

  /// Hands the answer over; this keeps no reference to its bytes.
  func takeAnswer() -> CurlCall.Answer {
    var taken: [UInt8] = []
    swap(&taken, &body)
    return CurlCall.Answer(status: status, head: head, body: taken)
  }

  func sentence(_ code: CURLcode) -> String {
    if let complaint { return complaint }
    let detail = errorText.baseAddress.map { String(cString: $0) } ?? ""
    return detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
  }
}

/// libcurl's list of header lines. Those that are private are wiped before their memory is given back.
final class HeaderLines {
  private(set) var first: UnsafeMutablePointer<curl_slist>?

  init(_ lines: [String], _ privateLines: [[UInt8]]) {
    for line in lines { first = curl_slist_append(first, line) }
    for line in privateLines {
      let text = UnsafeMutableBufferPointer<CChar>.allocate(capacity: line.count + 1)
      defer {
        explicit_bzero(text.baseAddress!, text.count)
        text.deallocate()
      }
      text.initialize(repeating: 0)
      for (index, byte) in line.enumerated() { text[index] = CChar(bitPattern: byte) }
      first = curl_slist_append(first, text.baseAddress)
    }
  }

  deinit {
    var node = first
    while let line = node {
      if let text = line.pointee.data { explicit_bzero(text, strlen(text)) }
      node = line.pointee.next
    }
    curl_slist_free_all(first)
  }
}

extension CurlCall.Answer {
  /// The value of a field of the final answer, by its name in lower case; nil when there is none.
  public func field(_ name: String) -> String? {
    let lines = String(decoding: head, as: UTF8.self).split(whereSeparator: \.isNewline)
    let last = lines.lastIndex { $0.hasPrefix("HTTP/") } ?? lines.startIndex
    for line in lines[last...] {
      guard let colon = line.firstIndex(of: ":") else { continue }
      guard line[..<colon].lowercased() == name else { continue }
      return String(line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" })
    }
    return nil
  }
}
