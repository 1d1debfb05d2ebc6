import Foundation
import TestSupport
import Testing

/// What plain SwiftNIO, libcurl and OpenSSL do that a gateway must not, each with the tests that hold the
/// gateway to something else. A test that was renamed or removed is missed here.
@Suite(.ownThread) struct LibraryTrapTests {
  struct Trap: Sendable, CustomTestStringConvertible {
    let number: Int
    let text: String
    let tests: [String]

    var testDescription: String { "\(number): \(text)" }
  }

  static let traps: [Trap] = [
    Trap(
      number: 1, text: "NIO answers a parse error with 400 and reads on",
      tests: [
        "a broken head is answered with 400 and the end of the connection",
        "what two readers could read differently is refused, what nobody can is delivered",
        "refused connections give their descriptors back",
      ]),
    Trap(
      number: 2, text: "what NIO's parser refuses, ours refuses",
      tests: [
        "what two readers could read differently is refused",
        "what we accept of damaged requests NIO reads alike",
      ]),
    Trap(
      number: 3, text: "NIO accepts odd codings, Hosts, lengths and request lines",
      tests: [
        "what two readers could read differently is refused",
        "a broken head is answered with 400 and the end of the connection",
      ]),
    Trap(
      number: 4, text: "NIO bounds no chunk extensions, zeros or empty lines",
      tests: [
        "chunk overhead without data is cut off", "many chunks with extensions are refused",
        "a head beyond its bounds is cut off, one on them passes",
        "a head that comes byte by byte is 408 all the same",
        "a body that takes too long is 408 and reaches nobody",
      ]),
    Trap(
      number: 5, text: "NIO's limits are 2 MiB and 256 fields",
      tests: ["too many header fields or bytes are 431, a long request line 414"]),
    Trap(
      number: 6, text: "a sender that half-closes got no answer",
      tests: [
        "a sender that half-closes after a complete request gets its answer",
        "who half-closes after a whole request gets its answer",
      ]),
    Trap(
      number: 7, text: "the first of two signatures counts",
      tests: [
        "a repeated signature is refused in either order, be both the same",
        "a repeated timestamp is refused, be both the same",
      ]),
    Trap(
      number: 8, text: "blanks at a value's end stay, or a Unicode trim takes more",
      tests: [
        "an upper-case signature and header names of any case verify",
        "of all bytes at one place only those pass that the grammar has there",
      ]),
    Trap(
      number: 9, text: "a dot moved from the body into the timestamp verifies alike",
      tests: [
        "a byte cannot move from the body into the timestamp",
        "a timestamp that is not 1 to 15 digits is refused, though it is signed",
      ]),
    Trap(
      number: 10, text: "libcurl sends a POST again when a reused connection dies",
      tests: [
        "what a dying pooled connection has read is not sent twice",
        "a GET that a dying pooled connection has read is not sent twice either",
      ]),
    Trap(
      number: 11, text: "libcurl takes a cut-off head for a whole answer",
      tests: [
        "an unsound answer is 502, after one attempt",
        "an answer that breaks off midway is not taken for a whole one",
      ]),
    Trap(
      number: 12, text: "libcurl passes an unasked 101 on",
      tests: [
        "what two readers could read differently is refused", "an unsound answer is 502, after one attempt",
      ]),
    Trap(
      number: 13, text: "libcurl waits a second on Expect, the sender's was forwarded",
      tests: [
        "a long body comes without an expectation of ours",
        "a sender that does not wait for 100 Continue is served as well",
      ]),
    Trap(
      number: 14, text: "libcurl invents Content-Type and Accept",
      tests: ["nothing is invented for a sender that says little"]),
    Trap(
      number: 15, text: "http_proxy diverts loopback traffic",
      tests: ["proxy variables, netrc and curlrc have no effect"]),
    Trap(
      number: 16, text: "a header list drops empty values and splits at CR LF",
      tests: ["method, query, and the fields' order, case and repetitions are kept"]),
    Trap(
      number: 17, text: "redirects, netrc, cookies, other protocols, weak TLS",
      tests: [
        "redirects are handed back and not followed, cookies are not kept",
        "a certificate of another authority or for another name is 502, and nothing was sent",
        "no first byte in time is 504, and so is no end in time",
      ]),
    // 18 and 19 are the service unit's.
    Trap(
      number: 20, text: "a crash prints memory",
      tests: [
        "a crash shows nothing of memory",
        "secrets, signatures and bodies are in no log, argument, environment or answer",
      ]),
  ]

  @Test(arguments: traps)
  func `each trap has its tests`(trap: Trap) throws {
    let sources = try Self.testSources.get()
    for name in trap.tests { #expect(sources.contains("func `\(name)`("), "\(trap.number): \(name)") }
  }

  private static let testSources = Result { () throws -> String in
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    guard let files = FileManager.default.enumerator(at: tests, includingPropertiesForKeys: nil) else {
      throw FixtureError("no \(tests.path)")
    }
    return try files.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
      .map { try String(contentsOf: $0, encoding: .utf8) }.joined()
  }
}
