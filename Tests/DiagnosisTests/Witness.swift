import Foundation
import TestSupport

/// HMACs and JSON by Python's standard library, which shares no line with this project. One process answers
/// all tests; it ends with its input.
final class Witness: Sendable {
  enum Encoding: String, Sendable { case hex, base64, base64url }

  private static let shared = Result { try Witness() }

  private let pipes: Locked<(questions: FileHandle, answers: FileHandle)>

  private init() throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-u", "-c", Witness.script]
    let (questions, answers) = (Pipe(), Pipe())
    process.standardInput = questions
    process.standardOutput = answers
    try process.run()
    pipes = Locked((questions.fileHandleForWriting, answers.fileHandleForReading))
  }

  /// The HMAC of a message, written in this encoding.
  static func sign(
    _ message: [UInt8], key: [UInt8], hash: String = "sha256", encoding: Encoding = .hex
  ) throws -> String {
    try shared.get().ask(["sign", hex(key), hex(message), hash, encoding.rawValue])
  }

  static func sign(
    _ message: String, key: String, hash: String = "sha256", encoding: Encoding = .hex
  ) throws -> String {
    try sign(Array(message.utf8), key: Array(key.utf8), hash: hash, encoding: encoding)
  }

  /// The same JSON as `json.dumps` with these arguments writes it.
  static func dump(_ json: String, _ arguments: String) throws -> String {
    try shared.get().ask(["dump", hex(Array(json.utf8)), hex(Array(arguments.utf8))])
  }

  private func ask(_ words: [String]) throws -> String {
    try pipes.withLock { pipes in
      pipes.questions.write(Data((words.map { $0.isEmpty ? "-" : $0 }.joined(separator: " ") + "\n").utf8))
      var line = Data()
      while line.last != 0x0A {
        let more = pipes.answers.availableData
        guard !more.isEmpty else { throw FixtureError("the witness is gone") }
        line += more
      }
      let digits = Array(line.dropLast())
      let bytes = stride(from: 0, to: digits.count, by: 2).map { index in
        UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16) ?? 0
      }
      return String(decoding: bytes, as: UTF8.self)
    }
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  private static let script = """
    import base64, hmac, json, sys
    def text(word): return b"" if word == "-" else bytes.fromhex(word)
    def sign(key, message, hash, encoding):
        digest = hmac.new(text(key), text(message), hash).digest()
        return {"hex": digest.hex, "base64": lambda: base64.b64encode(digest).decode(),
            "base64url": lambda: base64.urlsafe_b64encode(digest).decode().rstrip("=")}[encoding]()
    def dump(source, arguments):
        return eval("json.dumps(json.loads(text(source))" + text(arguments).decode() + ")")
    for line in sys.stdin:
        name, *words = line.split()
        print({"sign": sign, "dump": dump}[name](*words).encode().hex())
    """
}
