internal import HTTP

extension RequestHead {
  /// Request line and fields as they came, but for blanks around values, without the empty line behind them.
  ///
  /// - Parameter leftOut: the name of a field that is left out, in lower case.
  func lines(leavingOut leftOut: String? = nil) -> [UInt8] {
    var bytes = Array("\(method) ".utf8) + target + Array(" HTTP/1.\(minorVersion)\r\n".utf8)
    bytes.reserveCapacity(bytes.count + headers.wireBytes)
    let leftOut = leftOut.map { Array($0.utf8) }
    for index in headers.fields.indices {
      headers.withField(index) { name, value in
        if let leftOut, name.equalsIgnoringCase(leftOut) { return }
        bytes += name
        bytes += Array(": ".utf8)
        bytes += value
        bytes += [0x0D, 0x0A]
      }
    }
    return bytes
  }
}
