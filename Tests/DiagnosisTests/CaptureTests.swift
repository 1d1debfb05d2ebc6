import Foundation
import TestSupport
import Testing

@Suite(.ownThread) struct CaptureTests {
  private static func forged(_ body: String) -> SignedRequest {
    SignedRequest(body).with { $0.secret = "another" }
  }

  @Test func `only refused deliveries are saved, byte for byte, for nobody else to read`() throws {
    let fixture = try DiagnosisFixture()
    let capture = try fixture.beginCapture(["--count", "2"])
    let body = "{\"forged\": \"\u{0}\r\n\u{FF}\"}"
    #expect(try fixture.gateway.exchange(SignedRequest("genuine").bytes).status == 200)
    let first = Self.forged(body)
    let second = Self.forged(body).with { $0.chunks = [3, 5, 100] }
    let before = DiagnosisFixture.now
    for request in [first, second] { #expect(try fixture.gateway.exchange(request.bytes).status == 401) }
    #expect(capture.waitForExit() == 0)

    let files = DiagnosisFixture.files(capture)
    try #require(files.count == 2)
    for file in files {
      let data = try Data(contentsOf: URL(fileURLWithPath: file))
      #expect(data.suffix(first.body.count).elementsEqual(first.body))
      let attributes = try FileManager.default.attributesOfItem(atPath: file)
      #expect(attributes[.posixPermissions] as? Int == 0o600)
      let changed = try #require(attributes[.modificationDate] as? Date)
      #expect(abs(Int64(changed.timeIntervalSince1970 * 1000) - before) < 60_000)
      let verified = try fixture.vesigate(["verify", file])
      #expect(verified.status == 1)
      #expect(verified.lines.first?.contains("no secret of the file gives this signature") == true)
    }
    let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: files[0])), as: UTF8.self)
    #expect(text.hasPrefix("POST /hook HTTP/1.1\r\nHost: gateway.test\r\nmor-timestamp: "))
  }

  @Test func `no file that exists is overwritten, and no symbolic link followed`() throws {
    let fixture = try DiagnosisFixture()
    let folder = fixture.gateway.directory.path
    let format = DateFormatter()
    format.dateFormat = "yyyyMMdd-HHmmss"
    format.timeZone = TimeZone(identifier: "UTC")
    let start = Date()
    for second in 0..<300 {
      let stamp = format.string(from: start.addingTimeInterval(Double(second)))
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder)/refused-\(stamp)-1.http", withDestinationPath: "\(folder)/victim")
    }
    let capture = try fixture.beginCapture()
    _ = try fixture.gateway.exchange(Self.forged("x").bytes)
    #expect(capture.waitForExit() == 0)
    #expect(DiagnosisFixture.files(capture).first?.hasSuffix("-2.http") == true, "\(capture.lines)")
    #expect(!FileManager.default.fileExists(atPath: "\(folder)/victim"))
  }

  @Test func `what is refused before or after is not kept, and the time is bounded`() throws {
    let fixture = try DiagnosisFixture()
    _ = try fixture.gateway.exchange(Self.forged("before").bytes)
    let capture = try fixture.beginCapture(["--seconds-max", "1"])
    #expect(capture.waitForExit() == 75)
    #expect(DiagnosisFixture.files(capture).isEmpty)
    #expect(capture.lines.contains { $0.contains("0 of 1 were refused within 1 s") })
  }

  @Test func `mistakes have their exit codes`() throws {
    let fixture = try DiagnosisFixture()
    #expect(try fixture.vesigate(["capture", "--route", "/none"]).status == 64)
    #expect(try fixture.vesigate(["capture", "--count", "17"]).status == 64)
    #expect(try fixture.vesigate(["capture", "--seconds-max", "0"]).status == 64)
    fixture.gateway.terminate()
    #expect(try fixture.vesigate(["capture"]).status == 69)
  }

  @Test func `a folder that takes no file is told of before anybody waits`() throws {
    let fixture = try DiagnosisFixture()
    let refused = try fixture.vesigate(["capture", "--directory", "/nope", "--seconds-max", "120"])
    #expect(refused.status == 73)
    #expect(refused.lines == ["vesigate: /nope: No such file or directory"])
    let folder = fixture.gateway.directory.path
    let before = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    #expect(try fixture.vesigate(["capture", "--directory", folder, "--seconds-max", "1"]).status == 75)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == before)
  }

  @Test func `what to type next is told, as a shell takes it`() throws {
    let fixture = try DiagnosisFixture()
    let capture = try fixture.beginCapture()
    _ = try fixture.gateway.exchange(Self.forged("x").bytes)
    #expect(capture.waitForExit() == 0)
    let line = try #require(capture.lines.first { $0.hasPrefix("why it was refused: ") })
    #expect(line.contains("vesigate diagnose --config \(fixture.gateway.configPath) "), "\(line)")
    let file = try #require(DiagnosisFixture.files(capture).first)
    #expect(line.hasSuffix(" " + file), "\(line)")
  }

  @Test func `no more than four wait at once, and one that goes makes room`() throws {
    let fixture = try DiagnosisFixture()
    let waiting = try (0..<4).map { _ in try fixture.beginCapture() }
    #expect(try fixture.vesigate(["capture"]).status == 75)
    waiting[0].terminate()
    var fifth: ChildProcess?
    eventually {
      fifth = try? fixture.beginCapture()
      return fifth != nil
    }
    _ = try fixture.gateway.exchange(Self.forged("x").bytes)
    for capture in waiting.dropFirst() { #expect(capture.waitForExit() == 0) }
    #expect(fifth?.waitForExit() == 0)
  }

  @Test(.enabled(if: Machine.isRoot, "only root can become others"))
  func `only root and the gateway's own user are given what it refuses`() throws {
    let fixture = try DiagnosisFixture(unprivileged: true)
    let binary = try GatewayBinary.publicPath()
    func capture(user: Int) throws -> (Int32?, [String]) {
      // The group may open the socket; that is not enough.
      let child = try ChildProcess(
        [
          "setpriv", "--reuid=\(user)", "--regid=65534", "--clear-groups", binary, "capture", "--config",
          fixture.gateway.configPath, "--directory", fixture.gateway.directory.path, "--seconds-max", "30",
        ], environment: ["PATH": "/usr/bin:/bin"])
      eventually { child.status != nil || child.lines.contains { $0.contains("waiting") } }
      _ = try fixture.gateway.exchange(Self.forged("x").bytes)
      return (child.waitForExit(within: 30), child.lines)
    }
    let (status, lines) = try capture(user: 65_533)
    #expect(status == 77)
    #expect(lines == ["vesigate: only root and the daemon's own user may see what it refuses"])
    #expect(try capture(user: 65_534).0 == 0)
    #expect(try capture(user: 0).0 == 0)
  }
}
