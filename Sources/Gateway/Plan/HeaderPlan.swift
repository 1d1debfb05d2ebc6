internal import Formats
internal import HTTP
internal import Signing

/// Which of a sender's header fields leave, and which of ours go with them.
struct HeaderPlan {
  private(set) var headers: HeaderList
  private(set) var hasHost = false
  /// Fields that stayed behind for a character of their name.
  private(set) var namesUnfit = 0

  private let named: ConnectionNames
  /// Values of the fields that a trusted proxy's are appended to.
  private var forwardedFor = JoinedValues()
  private var forwarded = JoinedValues()
  private var hasForwardedProto = false
  private var hasForwardedHost = false
  private var hasRequestID = false

  /// What our own fields take, nearly always.
  private static let addedBytesExpected = 400
  private static let addedFieldsExpected = 8

  init(sent: HeaderList, lists: HeaderListPool) {
    named = ConnectionNames(sent)
    headers = lists.take(
      bytesExpected: sent.wireBytes + Self.addedBytesExpected,
      fieldsExpected: sent.count + Self.addedFieldsExpected)
  }

  mutating func add(mark: (name: String, value: String)) {
    headers.append(name: mark.name, value: mark.value)
  }

  mutating func addTestMark() { headers.append(name: TestMark.name, value: TestMark.value) }

  /// Copies the sender's fields, in order and spelling, but for those that end here or are ours to say.
  mutating func keepForwardable(of sent: HeaderList, _ context: PlanContext) {
    for index in sent.fields.indices {
      let keeps = sent.withField(index) { name, value in keep(name, value, context) }
      if keeps { headers.append(index, of: sent) }
    }
  }

  private mutating func keep(
    _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, _ context: PlanContext
  ) -> Bool {
    // CGI, WSGI, Rack and PHP fold `_` and others into `-`: a name that they could fold into ours, or into
    // any other, does not leave.
    guard name.isOfLettersDigitsAndHyphens else {
      namesUnfit += 1
      return false
    }
    if Self.isMark(name, context.markNames) { return false }
    let role = FieldRole(name)
    switch role {
    case .hopByHop: return false
    case .host:
      hasHost = context.route.preservesHost
      return hasHost
    // One that is unfit for a log or said twice is replaced, so that log and app call the delivery alike.
    case .requestID where !value.elementsEqual(context.requestID.utf8): return false
    case .forwarding(let kind): return keepForwarding(kind, value, isTrusted: context.isTrusted)
    case .trace where context.trace?.begunSpan != nil: return false
    case .requestID, .trace, .other: break
    }
    guard !named.contains(name), !AttemptFields.isOwn(name, context.route.layout) else { return false }
    // Whoever saw it could have the same body verified through a listener, where no mark says that it is a test.
    if context.isTest, name.equalsIgnoringCase(Array(context.route.layout.header.utf8)) { return false }
    // What leaves need not be added: only what leaves counts.
    if case .requestID = role { hasRequestID = true }
    return true
  }

  /// A mark or its failed form, by default or configured on any route: nobody else's ever leaves. Nor does
  /// what differs in its hyphens alone, which a careless reader may drop.
  private static func isMark(_ name: UnsafeRawBufferPointer, _ markNames: [[UInt8]]) -> Bool {
    markNames.contains { name.equalsIgnoringCaseAndHyphens($0) }
  }

  private mutating func keepForwarding(
    _ kind: FieldRole.Forwarding, _ value: UnsafeRawBufferPointer, isTrusted: Bool
  ) -> Bool {
    // An empty list says nothing (RFC 9110, section 5.6.1), and joined to others it would end in a blank.
    guard isTrusted, !value.isEmpty || kind == .other else { return false }
    switch kind {
    case .other: break
    case .for:
      forwardedFor.append(value)
      return false
    case .forwarded:
      forwarded.append(value)
      return false
    case .proto:
      hasForwardedProto = true
    case .host:
      hasForwardedHost = true
    }
    return true
  }

  /// Adds what tells the app where the delivery came from. A front speaks of its client in one kind of field or
  /// in both; it is continued in those, for an account of our own beside it would contradict it: the front itself
  /// is no client, and the scheme between it and us is nobody's.
  mutating func addForwarding(_ head: RequestHead, _ context: PlanContext) {
    let speaksForwarded = !forwarded.isEmpty
    addForwardedFor(context.peer, withPeer: !speaksForwarded || !forwardedFor.isEmpty)
    if !hasForwardedProto, !speaksForwarded { append("X-Forwarded-Proto", "http") }
    if !hasForwardedHost, !speaksForwarded {
      head.withHost { host in
        if let host { headers.append(name: "X-Forwarded-Host", value: host) }
      }
    }
    if speaksForwarded || !context.isTrusted { addForwarded(head, context) }
    append("Via", head.minorVersion == 1 ? "1.1 vesigate" : "1.0 vesigate")
    if !hasRequestID { append("X-Request-Id", text: context.requestID) }
    addTrace(context.trace)
  }

  private mutating func append(_ name: StaticString, _ value: StaticString) {
    headers.append(name: name, value: value.rawBytes)
  }

  private mutating func append(_ name: StaticString, text: String) {
    headers.append(name: name, valueBytesMax: text.utf8.count) { $0.put(text: text) }
  }

  private mutating func addForwardedFor(_ peer: Peer, withPeer: Bool) {
    let fronts = forwardedFor
    let hasPeer = withPeer && peer.address != nil
    guard hasPeer || !fronts.isEmpty else { return }
    let bytesMax = fronts.bytes.count + peer.text.utf8.count + 2
    headers.append(name: "X-Forwarded-For", valueBytesMax: bytesMax) { value in
      fronts.bytes.withUnsafeBytes { value.put($0) }
      if hasPeer, !fronts.isEmpty { value.put(", ") }
      if hasPeer { value.put(text: peer.text) }
    }
  }

  private mutating func addTrace(_ trace: TraceContext?) {
    guard let trace, let span = trace.begunSpan else { return }
    TraceParent.withBegun(trace.id, span: span) { headers.append(name: "traceparent", value: $0) }
  }

  /// Host and scheme are the front's to say, where it says anything.
  private mutating func addForwarded(_ head: RequestHead, _ context: PlanContext) {
    let fronts = forwarded
    head.withHost { host in
      let bytesMax = fronts.bytes.count + context.peer.text.utf8.count + (host?.count ?? 0) + 64
      headers.append(name: "Forwarded", valueBytesMax: bytesMax) { value in
        fronts.bytes.withUnsafeBytes { value.put($0) }
        if !fronts.isEmpty { value.put(", ") }
        value.put(forwardedFor: context.peer)
        if !context.isTrusted, let host {
          value.put(";host=\"")
          value.put(host)
          value.put("\"")
        }
        if !context.isTrusted { value.put(";proto=http") }
      }
    }
  }
}

extension ByteCursor {
  /// RFC 7239, section 4: an IPv6 address stands in brackets and quotes.
  fileprivate mutating func put(forwardedFor peer: Peer) {
    put("for=")
    switch peer.address?.isIPv6 {
    case nil: put("unknown")
    case true?:
      put("\"[")
      put(text: peer.text)
      put("]\"")
    case false?: put(text: peer.text)
    }
  }
}

/// A comma list of values as they came, whatever bytes they are of.
private struct JoinedValues {
  private(set) var bytes: [UInt8] = []

  var isEmpty: Bool { bytes.isEmpty }

  mutating func append(_ value: UnsafeRawBufferPointer) {
    if !bytes.isEmpty { bytes += ", ".utf8 }
    bytes.append(contentsOf: value)
  }
}
