import Signing

@testable import Gateway

extension Upstream {
  /// One of several that a test tells apart by name.
  static func named(_ name: String, path: String = "/") -> Upstream {
    Upstream(name: name, host: name, port: 80, path: Array(path.utf8))
  }
}

extension Route {
  convenience init(
    _ path: String, host: String? = nil, upstreams: [String] = ["app"], deliver: DispatchPolicy = .first,
    layout: SignatureLayout = .vesicash, observe: Bool = false, bodyBytesMax: Int = 4096,
    preservesHost: Bool = false, mark: VerifiedMark = VerifiedMark()
  ) {
    self.init(
      path: PathPattern(path)!, host: host, layout: layout, secretFileIndex: 0, observe: observe,
      upstreams: upstreams.map { .named($0) }, deliver: deliver, bodyBytesMax: bodyBytesMax,
      preservesHost: preservesHost, mark: mark)
  }
}
