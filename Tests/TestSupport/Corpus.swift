internal import Foundation

/// The inputs that the fuzzer found worth keeping, one folder for each property.
public enum Corpus {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fuzz/Corpus")

  /// All inputs kept for a property; never empty.
  public static func inputs(_ property: String) throws -> [(name: String, bytes: [UInt8])] {
    let folder = folder.appendingPathComponent(property)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    guard !names.isEmpty else { throw FixtureError("no input in \(folder.path)") }
    return try names.map { name in
      (name, Array(try Data(contentsOf: folder.appendingPathComponent(name))))
    }
  }
}
