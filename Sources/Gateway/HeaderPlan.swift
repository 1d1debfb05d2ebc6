/// Which of a sender's header fields leave, and which of ours go with them.
struct HeaderPlan {
  private(set) var headers: HeaderList
  private(set) var hasHost = false

  private let head: RequestHead
  private let context: PlanContext
  private let named: ConnectionNames
  /// Values of the fields that a trusted proxy's are appended to.
  private var forwardedFor: [String] = []
  private var forwarded: [String] = []
  private var hasForwardedProto = false
  private var hasForwardedHost = false
  private var hasRequestID = false

  init(head: RequestHead, context: PlanContext) {
    self.head = head
    self.context = context
    named = ConnectionNames(head.headers)
    headers = HeaderList(
      bytesExpected: head.headers.bytes.count + 256, fieldsExpected: head.headers.count + 8)
  }

  mutating func add(mark: (name: String, value: String)) {
    headers.append(name: mark.name, value: mark.value)
  }

  /// Copies the sender's fields, in order and spelling, but for those that end here or are ours to say.
  mutating func keepForwardable() {
    let sent = head.headers
    for index in sent.fields.indices {
      let keeps = sent.withField(index) { name, value in keep(name, value) }
      if keeps { headers.append(index, of: sent) }
    }
  }

  private mutating func keep(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Bool {
    // CGI, WSGI, Rack and PHP fold `_` and others into `-`: a name that they could fold into ours, or into
    // any other, does not leave.
    guard name.allSatisfy({ $0.isASCIILetter || $0.isASCIIDigit || $0 == UInt8(ascii: "-") }) else {
      return false
    }
    if isMark(name) { return false }
    let role = FieldRole(name)
    switch role {
    case .hopByHop: return false
    case .host:
      hasHost = context.route.preservesHost
      return hasHost
    // One that is unfit for a log or said twice is replaced, so that log and app call the delivery alike.
    case .requestID where !value.elementsEqual(context.requestID.utf8): return false
    case .forwarding(let kind): return keepForwarding(kind, value)
    case .trace where context.trace?.begunSpan != nil: return false
    case .requestID, .trace, .other: break
    }
    guard !named.contains(name) else { return false }
    // What leaves need not be added: only what leaves counts.
    if case .requestID = role { hasRequestID = true }
    return true
  }

  /// A mark or its failed form, by default or configured on any route: nobody else's ever leaves. Nor does
  /// what differs in its hyphens alone, which a careless reader may drop.
  private func isMark(_ name: UnsafeRawBufferPointer) -> Bool {
    context.markNames.contains { name.equalsIgnoringCaseAndHyphens($0) }
  }

  private mutating func keepForwarding(_ kind: FieldRole.Forwarding, _ value: UnsafeRawBufferPointer) -> Bool
  {
    // An empty list says nothing (RFC 9110, section 5.6.1), and joined to others it would end in a blank.
    guard context.isTrusted, !value.isEmpty else { return false }
    switch kind {
    case .for:
      forwardedFor.append(String(decoding: value, as: UTF8.self))
      return false
    case .forwarded:
      forwarded.append(String(decoding: value, as: UTF8.self))
      return false
    case .proto:
      hasForwardedProto = true
    case .host:
      hasForwardedHost = true
    }
    return true
  }

  /// Adds what tells the app where the delivery came from.
  mutating func addForwarding() {
    let host = head.hostIndex.map { index in head.headers.withField(index) { Array($1) } }
    if context.peer.address != nil { forwardedFor.append(context.peer.text) }
    if !forwardedFor.isEmpty {
      headers.append(name: "X-Forwarded-For", value: forwardedFor.listed)
    }
    if !hasForwardedProto { headers.append(name: "X-Forwarded-Proto", value: "http") }
    if !hasForwardedHost, let host {
      host.withUnsafeBytes { headers.append(name: "X-Forwarded-Host", value: $0) }
    }
    addForwarded(host: host)
    headers.append(name: "Via", value: head.minorVersion == 1 ? "1.1 vesigate" : "1.0 vesigate")
    if !hasRequestID { headers.append(name: "X-Request-Id", value: context.requestID) }
    addTrace()
  }

  private mutating func addTrace() {
    guard let trace = context.trace, let span = trace.begunSpan else { return }
    TraceParent.withBegun(trace.id, span: span) { headers.append(name: "traceparent", value: $0) }
  }

  /// RFC 7239, section 4: an IPv6 address stands in brackets and quotes.
  private mutating func addForwarded(host: [UInt8]?) {
    var value: [UInt8] = []
    value.reserveCapacity(96)
    for element in forwarded {
      value += element.utf8
      value += ", ".utf8
    }
    value += "for=".utf8
    switch context.peer.address?.isIPv6 {
    case nil: value += "unknown".utf8
    case true?:
      value += "\"[".utf8
      value += context.peer.text.utf8
      value += "]\"".utf8
    case false?: value += context.peer.text.utf8
    }
    if let host {
      value += ";host=\"".utf8
      value += host
      value += "\"".utf8
    }
    value += ";proto=http".utf8
    value.withUnsafeBytes { headers.append(name: "Forwarded", value: $0) }
  }
}

extension [String] {
  /// A comma list; most have one element, which is handed on as it is.
  fileprivate var listed: String { count == 1 ? self[0] : joined(separator: ", ") }
}

/// What a request header field is to a gateway.
enum FieldRole {
  enum Forwarding {
    case `for`
    case proto
    case host
    case forwarded
  }

  /// Meant for this connection alone, or said anew for the next one (RFC 9110, section 7.6.1).
  case hopByHop
  case host
  case forwarding(Forwarding)
  case requestID
  /// Either field of W3C Trace Context: they go on together or not at all.
  case trace
  case other

  init(_ name: UnsafeRawBufferPointer) {
    self = FieldRole.byLength(name) ?? .other
  }

  private static func byLength(_ name: UnsafeRawBufferPointer) -> FieldRole? {
    switch name.count {
    case 2: return name.equalsIgnoringCase("te") ? .hopByHop : nil
    case 4: return name.equalsIgnoringCase("host") ? .host : nil
    // CGI makes `HTTP_PROXY` of `Proxy`, which many a client library obeys (CVE-2016-5385).
    case 5: return name.equalsIgnoringCase("proxy") ? .hopByHop : nil
    case 6: return name.equalsIgnoringCase("expect") ? .hopByHop : nil
    case 7: return name.equalsIgnoringCase("trailer") || name.equalsIgnoringCase("upgrade") ? .hopByHop : nil
    case 9: return name.equalsIgnoringCase("forwarded") ? .forwarding(.forwarded) : nil
    case 10:
      if name.equalsIgnoringCase("tracestate") { return .trace }
      return name.equalsIgnoringCase("connection") || name.equalsIgnoringCase("keep-alive")
        ? .hopByHop : nil
    case 11: return name.equalsIgnoringCase("traceparent") ? .trace : nil
    case 12:
      return name.equalsIgnoringCase("x-request-id") ? .requestID : nil
    default: return longName(name)
    }
  }

  private static func longName(_ name: UnsafeRawBufferPointer) -> FieldRole? {
    switch name.count {
    case 14:
      return name.equalsIgnoringCase("content-length") || name.equalsIgnoringCase("http2-settings")
        || name.equalsIgnoringCase("x-forwarded-as") ? .hopByHop : nil
    case 15: return name.equalsIgnoringCase("x-forwarded-for") ? .forwarding(.for) : nil
    case 16:
      if name.equalsIgnoringCase("x-forwarded-host") { return .forwarding(.host) }
      return name.equalsIgnoringCase("proxy-connection") ? .hopByHop : nil
    case 17:
      if name.equalsIgnoringCase("x-forwarded-proto") { return .forwarding(.proto) }
      return name.equalsIgnoringCase("transfer-encoding") ? .hopByHop : nil
    case 18: return name.equalsIgnoringCase("proxy-authenticate") ? .hopByHop : nil
    case 19: return name.equalsIgnoringCase("proxy-authorization") ? .hopByHop : nil
    default: return nil
    }
  }
}

/// The names that a message's `Connection` fields declare to be for this connection alone.
struct ConnectionNames {
  private var names: [[UInt8]] = []

  init() {}

  init(_ headers: HeaderList) {
    for index in headers.fields.indices where headers.fields[index].nameCount == 10 {
      headers.withField(index) { name, value in
        if name.equalsIgnoringCase("connection") { note(value) }
      }
    }
  }

  /// Takes the value of one `Connection` field.
  mutating func note(_ value: UnsafeRawBufferPointer) {
    value.forEachElement(separator: UInt8(ascii: ",")) { element in
      // These two say how long the connection lives; no header has such a name.
      let isOption = element.equalsIgnoringCase("close") || element.equalsIgnoringCase("keep-alive")
      if !isOption { names.append(element.map(\.asciiLowercased)) }
      return true
    }
  }

  var isEmpty: Bool { names.isEmpty }

  func contains(_ name: UnsafeRawBufferPointer) -> Bool {
    !names.isEmpty && names.contains { name.equalsIgnoringCase($0) }
  }
}
