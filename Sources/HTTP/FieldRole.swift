/// What a request header field is to a gateway: the one table of names that mean something on the way.
public enum FieldRole {
  public enum Forwarding {
    case `for`
    case proto
    case host
    case forwarded
    /// Whatever else fronts say of client, scheme and path, in words that frameworks and proxies believe.
    case other
  }

  /// Meant for this connection alone, or said anew for the next one (RFC 9110, section 7.6.1).
  case hopByHop
  case host
  case forwarding(Forwarding)
  case requestID
  /// Either field of W3C Trace Context: they go on together or not at all.
  case trace
  case other

  public init(_ name: UnsafeRawBufferPointer) {
    guard ConnectionField(name) == nil else {
      self = .hopByHop
      return
    }
    self = FieldRole.byLength(name) ?? (FieldRole.isFrontsOwn(name) ? .forwarding(.other) : .other)
  }

  /// Whether a field of this name says something on its way already, so that nothing else may be said in it.
  public static func isReserved(_ name: UnsafeRawBufferPointer) -> Bool {
    guard case .other = FieldRole(name) else { return true }
    let content: StaticString = "content-"
    return name.equalsIgnoringCase("via")
      || UnsafeRawBufferPointer(rebasing: name.prefix(content.utf8CodeUnitCount)).equalsIgnoringCase(content)
  }

  private static func byLength(_ name: UnsafeRawBufferPointer) -> FieldRole? {
    switch name.count {
    case 4: return name.equalsIgnoringCase("host") ? .host : nil
    // CGI makes `HTTP_PROXY` of `Proxy`, which many a client library obeys (CVE-2016-5385).
    case 5: return name.equalsIgnoringCase("proxy") ? .hopByHop : nil
    case 6: return name.equalsIgnoringCase("expect") ? .hopByHop : nil
    case 8: return name.equalsIgnoringCase("x-scheme") ? .forwarding(.other) : nil
    case 9:
      if name.equalsIgnoringCase("forwarded") { return .forwarding(.forwarded) }
      return name.equalsIgnoringCase("x-real-ip") || name.equalsIgnoringCase("client-ip")
        ? .forwarding(.other) : nil
    case 10: return name.equalsIgnoringCase("tracestate") ? .trace : nil
    case 11:
      if name.equalsIgnoringCase("traceparent") { return .trace }
      return name.equalsIgnoringCase("x-forwarded") || name.equalsIgnoringCase("x-client-ip")
        ? .forwarding(.other) : nil
    case 12:
      if name.equalsIgnoringCase("x-request-id") { return .requestID }
      return name.equalsIgnoringCase("x-url-scheme") ? .forwarding(.other) : nil
    default: return longName(name)
    }
  }

  /// `X-Forwarded-` and whatever follows: there is no list of them all. The rest are names of fields in which
  /// frameworks look for the client's address, or for `https`, by default.
  private static func isFrontsOwn(_ name: UnsafeRawBufferPointer) -> Bool {
    switch name.count {
    case 14 where name.equalsIgnoringCase("true-client-ip"): return true
    case 15 where name.equalsIgnoringCase("front-end-https"): return true
    case 16 where name.equalsIgnoringCase("cf-connecting-ip"): return true
    case 16 where name.equalsIgnoringCase("fastly-client-ip"): return true
    case 19 where name.equalsIgnoringCase("x-cluster-client-ip"): return true
    default:
      return name.count > 11
        && UnsafeRawBufferPointer(rebasing: name[..<11]).equalsIgnoringCase("x-forwarded")
    }
  }

  private static func longName(_ name: UnsafeRawBufferPointer) -> FieldRole? {
    switch name.count {
    case 14: return name.equalsIgnoringCase("http2-settings") ? .hopByHop : nil
    case 15: return name.equalsIgnoringCase("x-forwarded-for") ? .forwarding(.for) : nil
    case 16: return name.equalsIgnoringCase("x-forwarded-host") ? .forwarding(.host) : nil
    case 17: return name.equalsIgnoringCase("x-forwarded-proto") ? .forwarding(.proto) : nil
    case 18: return name.equalsIgnoringCase("proxy-authenticate") ? .hopByHop : nil
    case 19: return name.equalsIgnoringCase("proxy-authorization") ? .hopByHop : nil
    default: return nil
    }
  }
}
