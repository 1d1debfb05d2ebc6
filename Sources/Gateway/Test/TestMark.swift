internal import HTTP

/// The field by which an app knows a test delivery. Only the gateway ever sets it, and only on deliveries of its own
/// making.
public enum TestMark {
  public static let name = "X-Delivery-Test"
  static let value = "true"

  private static let lowercasedName = Array(name.lowercased().utf8)

  /// Also where the name differs in its hyphens alone, which a careless reader may drop.
  public static func isNamed(_ name: UnsafeRawBufferPointer) -> Bool {
    name.equalsIgnoringCaseAndHyphens(lowercasedName)
  }
}

extension StoredRequest {
  /// Whether the field says that it is a test. Only the flag says so: a former version may have stored a sender's own.
  func isTestMark(_ index: Int) -> Bool { headers.withField(index) { name, _ in TestMark.isNamed(name) } }
}
