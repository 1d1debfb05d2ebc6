internal import Gateway
internal import Signing

/// Reads `test:` and `inspect:`, what operators may have made and may see on the inspector's pages.
struct TestReader {
  private let route: MappingReader

  init(_ route: MappingReader) { self.route = route }

  func read(into settings: inout RouteSettings) {
    settings.allowsTest = route["test"]?.flag() ?? false
    settings.keepsBodies = route["inspect"].map(keepsBodies) ?? false
    if settings.allowsTest {
      route["test"]?.warn(
        "lets whoever reaches the inspector send the app test deliveries, marked with \(TestMark.name) beside "
          + "\(settings.mark.name): an app that does not look at it takes them for genuine")
    }
    judge(settings)
  }

  private func keepsBodies(_ reader: NodeReader) -> Bool {
    reader.mapping(Schema.inspect, "a mapping such as {bodies: true}")?["bodies"]?.flag() ?? false
  }

  /// The field is said on test deliveries alone, whatever route they are of.
  private func judge(_ settings: RouteSettings) {
    if settings.mark.isTestMark {
      route.refuse(
        "verified-header", "must be a header of its own: \(TestMark.name) is how an app knows a test delivery"
      )
    }
    if settings.layout.readsTestMark {
      route.refuse("signature", "must not read \(TestMark.name): no sender's own goes to the app")
    }
  }
}

extension VerifiedMark {
  fileprivate var isTestMark: Bool { [name, failedName].contains(where: \.isTestMark) }
}

extension SignatureLayout {
  fileprivate var readsTestMark: Bool {
    var read = [header]
    for case .header(let name) in [idSource, timestampSource] { read.append(name) }
    return read.contains(where: \.isTestMark)
  }
}

extension String {
  fileprivate var isTestMark: Bool { Array(utf8).withUnsafeBytes(TestMark.isNamed) }
}
