extension RequestHead {
  /// What the request says of its host; nil where it says nothing.
  public func withHost<Result>(_ body: (UnsafeRawBufferPointer?) -> Result) -> Result {
    guard let hostIndex else { return body(nil) }
    return headers.withField(hostIndex) { _, value in body(value) }
  }

  /// The host that the request names, without its port.
  public func withHostName<Result>(_ body: (UnsafeRawBufferPointer?) -> Result) -> Result {
    guard let hostIndex else { return body(nil) }
    return headers.withField(hostIndex) { _, value in
      let end: Int
      if value.first == UInt8(ascii: "[") {
        end = value.firstIndex(of: UInt8(ascii: "]")).map { $0 + 1 } ?? value.count
      } else {
        end = value.firstIndex(of: UInt8(ascii: ":")) ?? value.count
      }
      return body(UnsafeRawBufferPointer(rebasing: value[..<end]))
    }
  }
}
