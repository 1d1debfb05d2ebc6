internal import Rotation

enum Version {
  static let number = "0.1.0"

  /// The program's version, and the libraries that it runs on now.
  static var text: String { "vesigate \(number) (\(CurlCall.libraryVersion))" }
}
