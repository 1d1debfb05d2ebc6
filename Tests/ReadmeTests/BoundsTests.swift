import Foundation
import Gateway
import HTTP
import TestSupport
import Testing

/// docs/bounds.md against the settings, the reasons and the constants of the sources.
@Suite(.ownThread) struct BoundsTests {
  private let bounds = Document("docs/bounds.md")

  @Test func `every bound that can be set is told with its reason, and no other`() {
    let example = Document("etc/vesigate.yaml").text
    let settings = Set(example.matches(of: /#([a-z-]+-max):/).map { String($0.1) })
    let told = bounds.table(below: "| setting |").map { $0[0].replacing("`", with: "") }
    #expect(settings.count > 20)
    #expect(Set(told) == settings)
    #expect(told.count == settings.count)
  }

  @Test func `every reason that is told exists, and those of bounds are all told`() {
    let told = Set(
      bounds.table(below: "| setting |").flatMap { $0[2].matches(of: /`([a-z-]+)`/).map { String($0.1) } })
    let failures = [ForwardFailure.Kind.connectTimeout, .firstByteTimeout, .totalTimeout, .answerTooLarge]
    let refusals: [Rejection] =
      AdmissionBound.allCases.map(Rejection.tooBusy) + SectionBound.allCases.map(Rejection.headTooLarge)
      + [HoldEnd.deliveries, .bytes, .seconds].map(Rejection.rotating)
      + [.requestLineTooLong, .bodyTooLarge, .headTimeout, .bodyTimeout]
      + [KeepRefusal.full, .late].map(Rejection.notKept)
      + failures.map { .upstream(ForwardFailure(stage: .sending, kind: $0, detail: "")) }
    let ended = [ConnectionBound.idle, .reply, .drain].map(\.rawValue)
    // What a delivery ends with whose sender takes nothing, and the drain ends.
    let senders = ["reply-timeout", "shutdown"]
    #expect(told == Set(refusals.map(\.label) + ended + senders))
  }

  @Test func `every fixed bound has the value of the source`() throws {
    let rows = bounds.table(below: "| fixed bound |")
    #expect(rows.count >= 20)
    for row in rows {
      let link = try #require(row[1].firstMatch(of: #/\[`(\w+)`\]\(\.\./(.+)\)/#), "\(row)")
      let source = Document(String(link.2)).text
      let declared = try Regex("static let \\Q\(link.1)\\E(?:: \\w+)? = ([^\\n]+)\\n")
      let value = try #require(source.firstMatch(of: declared)?.output[1].substring, "\(row)")
      #expect(row[2] == "`\(value)`")
    }
  }

  @Test func `every document is held by these tests`() throws {
    #expect(try Document.inFolder().union(["README.md"]) == Set(Document.all.map(\.path)))
  }
}
