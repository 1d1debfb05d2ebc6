import Foundation
import TestSupport

/// HMACs and JSON by programs that share no line with this project.
enum Witness {
  enum Encoding: String, Sendable { case hex, base64, base64url }

  /// The HMAC of a message by Python's standard library, written in this encoding.
  static func sign(
    _ message: [UInt8], key: [UInt8], hash: String = "sha256", encoding: Encoding = .hex
  ) throws -> String {
    let script = """
      import base64, hmac, sys
      digest = hmac.new(bytes.fromhex(sys.argv[1]), sys.stdin.buffer.read(), sys.argv[2]).digest()
      forms = {"hex": digest.hex, "base64": lambda: base64.b64encode(digest).decode(),
          "base64url": lambda: base64.urlsafe_b64encode(digest).decode().rstrip("=")}
      print(forms[sys.argv[3]](), end="")
      """
    let hex = key.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    let output = try run(["python3", "-c", script, hex, hash, encoding.rawValue], input: message)
    return String(decoding: output, as: UTF8.self)
  }

  static func sign(
    _ message: String, key: String, hash: String = "sha256", encoding: Encoding = .hex
  ) throws -> String {
    try sign(Array(message.utf8), key: Array(key.utf8), hash: hash, encoding: encoding)
  }

  /// The same JSON as `json.dumps` with these arguments writes it.
  static func dump(_ json: String, _ arguments: String) throws -> String {
    let script = "import json, sys; print(json.dumps(json.load(sys.stdin)\(arguments)), end='')"
    return String(decoding: try run(["python3", "-c", script], input: Array(json.utf8)), as: UTF8.self)
  }

  private static func run(_ arguments: [String], input: [UInt8]) throws -> [UInt8] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    let (stdin, stdout) = (Pipe(), Pipe())
    process.standardInput = stdin
    process.standardOutput = stdout
    try process.run()
    // Smaller than a pipe holds: nobody waits for anybody.
    stdin.fileHandleForWriting.write(Data(input))
    try stdin.fileHandleForWriting.close()
    let output = Array(stdout.fileHandleForReading.readDataToEndOfFile())
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw HarnessError("\(arguments[0]) failed") }
    return output
  }
}
