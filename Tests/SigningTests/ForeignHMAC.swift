import Formats
import Foundation
import Signing

/// Other people's HMACs, to hold ours against.
enum ForeignHMAC {
  struct Failed: Error, CustomStringConvertible {
    let description: String
  }

  /// By `openssl dgst`, the key given as hex digits or, where it is text, as it stands.
  static func openssl(_ hash: Hash, key: [UInt8], bodyPath: String, keyIsText: Bool) throws -> String {
    let keyed =
      keyIsText
      ? ["-hmac", String(decoding: key, as: UTF8.self)]
      : ["-mac", "HMAC", "-macopt", "hexkey:" + Hex.encode(key)]
    let text = try run(["openssl", "dgst", "-\(hash.rawValue)", "-r"] + keyed + [bodyPath])
    return String(text.prefix { $0 != " " })
  }

  /// By Python's `hmac` module, for many keys and files in one process.
  static func python(_ cases: [(hash: Hash, key: [UInt8], bodyPath: String)]) throws -> [String] {
    let program = """
      import hmac, sys
      for case in sys.argv[1:]:
          name, key, path = case.split(":", 2)
          body = open(path, "rb").read()
          print(hmac.new(bytes.fromhex(key), body, name).hexdigest())
      """
    let arguments = cases.map { "\($0.hash.rawValue):\(Hex.encode($0.key)):\($0.bodyPath)" }
    return try run(["python3", "-c", program] + arguments).split(separator: "\n").map(String.init)
  }

  private static func run(_ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failed(description: "\(arguments[0]) ended with \(process.terminationStatus)")
    }
    return text
  }
}
