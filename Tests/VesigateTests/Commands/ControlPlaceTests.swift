import Operations
import TestSupport
import Testing

@testable import vesigate

/// How a command finds the daemon while the file is whole, and while it is broken.
@Suite(.ownThread) struct ControlPlaceTests {
  private let scratch: Scratch
  private var place: ControlPlace { ControlPlace(configPath: scratch.file("v.yaml")) }

  init() throws { scratch = try Scratch() }

  private func write(top: String, routes: String = "") throws {
    try scratch.write(
      "v.yaml",
      """
      \(top)
      routes:
        - {path: /a, secret-file: /s/one, upstreams: http://127.0.0.1:8000/}
      \(routes)
      """)
  }

  @Test func `the socket is the one that the file names, or none`() throws {
    try write(top: "control: /run/x/control.sock")
    #expect(try place.socket() == "/run/x/control.sock" && place.socketAsWritten == "/run/x/control.sock")
    #expect(place.trouble == nil && place.broken == nil)
    try write(top: "control: none")
    #expect(try place.socket() == nil && place.socketAsWritten == nil)
  }

  @Test func `of a file that is broken elsewhere the socket is read all the same`() throws {
    try write(top: "control: /run/x/control.sock", routes: "  - {path: b, upstreams: 7}")
    #expect(try place.socket() == "/run/x/control.sock")
    #expect(place.trouble?.contains("routes[1]") == true, "\(place.trouble ?? "")")
    #expect(
      place.broken
        == "\(place.configPath) cannot be used as it stands: vesigate check --config \(place.configPath) says why"
    )
  }

  @Test func `of what is no YAML the line that names a socket counts, if a daemon answers there`() throws {
    let answer = ControlAnswer(ok: true, generation: 1, pid: 2, message: "", files: [])
    let socket = scratch.file("control")
    let responder = try UnixResponder(path: socket, answer: Array(answer.line.utf8))
    try withExtendedLifetime(responder) {
      try write(top: "control: \(socket)\nlisten: [")
      #expect(place.socketAsWritten == nil)
      #expect(try place.socket() == socket)
    }
  }
}
