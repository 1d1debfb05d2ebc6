public import Foundation

/// A directory of a test's own for secret files and their companions, removed with the last reference.
public final class Scratch: Sendable {
  private let temporary: TemporaryDirectory
  public var directory: String { temporary.path }

  public init() throws { temporary = try TemporaryDirectory() }

  public func file(_ name: String) -> String { directory + "/" + name }

  /// Where a secret lies unless a test says otherwise.
  public var secretPath: String { file("vesicash") }

  @discardableResult
  public func write(_ name: String, _ bytes: some Sequence<UInt8>, mode: Int = 0o640) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file(name))
    return file(name)
  }

  @discardableResult
  public func write(_ name: String, _ text: String, mode: Int = 0o640) throws -> String {
    try write(name, text.utf8, mode: mode)
  }

  public func write(_ text: String, to name: String = "vesicash", mode: Int = 0o640) throws {
    try write(name, text.utf8, mode: mode)
  }

  public func text(_ name: String = "vesicash") -> String? {
    try? String(contentsOfFile: file(name), encoding: .utf8)
  }

  public func mode(_ name: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: file(name))
    guard let mode = attributes[.posixPermissions] as? Int else { throw FixtureError("\(name) has no mode") }
    return mode
  }

  public var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted()
  }
}
