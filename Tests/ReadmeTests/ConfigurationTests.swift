import Foundation
import TestSupport
import Testing

@Suite(.ownThread) struct ConfigurationTests {
  struct Sample: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let text: String
  }

  /// Every file that a document prints, the commented one, and that of a container.
  static let samples: [Sample] =
    Document.all.flatMap { document in
      document.blocks("yaml").enumerated().map { index, text in
        Sample(testDescription: "\(document.path), file \(index + 1)", text: text)
      }
    }
    + ["etc/vesigate.yaml", "etc/containers/vesigate.yaml"].map {
      Sample(testDescription: $0, text: Document($0).text)
    }

  @Test(arguments: samples) func `a configuration that is shown passes the check`(_ sample: Sample)
    async throws
  {
    let sandbox = try Sandbox()
    for (number, match) in sample.text.matches(of: /^ +secret-file: \/(\S+)$/.anchorsMatchLineEndings())
      .enumerated()
    {
      try sandbox.write("secret \(number)\n", to: String(match.1))
    }
    let config = try sandbox.write(sandbox.moved(sample.text), to: "vesigate.yaml")
    let outcome = try await sandbox.run([Sandbox.vesigate, "check", "--config", config])
    #expect(outcome.status == 0)
    #expect(outcome.text.contains("ok, 1 route"), "\(outcome.text)")
  }

  @Test func `there are files to check`() {
    #expect(ConfigurationTests.samples.count >= 4)
  }
}
