import Foundation
import TestSupport

/// Codes over bytes by Python's standard library, which shares nothing with what is tested.
enum ForeignMAC {
  private static let script = """
    import sys, hmac, hashlib, base64
    for line in sys.stdin:
        kind, key, data = line.split()
        key, data = bytes.fromhex(key), bytes.fromhex(data[1:])
        if kind == "plain": print(hashlib.sha256(key + data).hexdigest())
        elif kind == "digest": print(hashlib.sha256(data).hexdigest())
        elif kind == "base64": print(base64.b64encode(hmac.new(key, data, "sha256").digest()).decode())
        else: print(hmac.new(key, data, kind).hexdigest())
        sys.stdout.flush()
    """

  private final class Conversation {
    let process = Process()
    let input = Pipe()
    let output = Pipe()

    init() {
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = ["python3", "-u", "-c", ForeignMAC.script]
      process.standardInput = input
      process.standardOutput = output
    }
  }

  private static let conversation = Locked<Conversation?>(nil)

  static func hex(_ kind: String, _ data: [UInt8]) -> String { ask(kind, data) }

  /// SHA-256 in hex, of these bytes alone.
  static func digest(_ data: [UInt8]) -> String { ask("digest", data) }

  static func base64(_ data: [UInt8]) -> String { ask("base64", data) }

  private static func ask(_ kind: String, _ data: [UInt8]) -> String {
    conversation.withLock { conversation in
      if conversation == nil {
        let begun = Conversation()
        try? begun.process.run()
        conversation = begun
      }
      guard let conversation else { return "" }
      let key = hexDigits(Array(GatewayProcess.secret.utf8))
      conversation.input.fileHandleForWriting.write(Data("\(kind) \(key) x\(hexDigits(data))\n".utf8))
      return line(from: conversation.output.fileHandleForReading)
    }
  }

  private static func line(from handle: FileHandle) -> String {
    var bytes: [UInt8] = []
    while let byte = try? handle.read(upToCount: 1)?.first, byte != 10 { bytes.append(byte) }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func hexDigits(_ bytes: [UInt8]) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}
