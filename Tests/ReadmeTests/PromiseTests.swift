import Foundation
import Gateway
import HTTP
import Signing
import TestSupport
import Testing

/// What the README says, held against what the program and the sources say.
@Suite(.ownThread) struct PromiseTests {
  private let readme = Document.readme
  private let commands = Document("docs/commands.md")

  private func help(_ command: String...) async throws -> String {
    try await Sandbox().run([Sandbox.vesigate, "help"] + command).text.replacing("]", with: " ]")
  }

  @Test func `the exit codes are those of --help`() async throws {
    let text = try await help().replacing("\n", with: " ")
    let sentence = try #require(text.firstMatch(of: #/Exit codes: (.*?)\. /#)).1
    let told = sentence.matches(of: /(\d+) (.*?)(?:, (?=\d)|$)/).map { [String($0.1), String($0.2)] }
    #expect(told.count == 9)
    #expect(commands.table(below: "| exit code |") == told)
  }

  @Test func `the commands are those of --help, each option exists`() async throws {
    let text = try await help()
    let listed = text.components(separatedBy: "SUBCOMMANDS:").last ?? ""
    let names = listed.matches(of: /(?m)^  ([a-z]+) {2,}/).map { String($0.1) }
    let told = commands.table(below: "| command | |").compactMap {
      $0.first?.firstMatch(of: /`vesigate ([a-z]+)`/).map { String($0.1) }
    }
    #expect(told == names)
    var helps = ""
    for command in names { helps += try await help(command) }
    for command in ["rotate", "set", "list", "retire", "new"] { helps += try await help("secret", command) }
    let options = (readme.inlineCode + commands.inlineCode).flatMap {
      $0.matches(of: /--[a-z-]+/).map { String($0.0) }
    }
    #expect(options.count > 8)
    for option in options {
      #expect(helps.contains("\(option) ") || helps.contains("\(option)\n"), "\(option)")
    }
  }

  @Test func `the presets are those of the core`() {
    let rows = Document("docs/layouts.md").table(below: "| preset |")
    #expect(rows.map { $0[0] } == SignatureLayout.presets.map { "`\($0.name)`" })
    for (row, (_, layout)) in zip(rows, SignatureLayout.presets) {
      #expect(row[1] == "`\(layout.header)`")
      #expect(row[2] == "`\(layout.signed.text)`")
      #expect(row[3] == form(of: layout))
      #expect(row[4] == (layout.tolerance == .unlimited ? "unlimited" : "300 s"))
    }
  }

  private func form(of layout: SignatureLayout) -> String {
    let hash = layout.hash == .sha512 ? " of SHA-512" : ""
    let list = layout.listSeparator == nil ? "" : "list of "
    let prefix = layout.prefix.isEmpty ? "" : ", \(list)`\(layout.prefix)`"
    return layout.encoding.rawValue + hash + prefix
  }

  private static let rejections: [Rejection] = [
    .unverified(.mismatch), .malformed(""), .versionNotSupported, .requestLineTooLong, .headTooLarge(.bytes),
    .bodyTooLarge, .headTimeout, .bodyTimeout, .noSuchPath, .methodNotAllowed(allowed: []),
    .expectationFailed, .ambiguousPath, .tooBusy(.inFlight),
    .upstream(ForwardFailure(stage: .connecting, kind: .connect, detail: "")),
    .upstream(ForwardFailure(stage: .sending, kind: .totalTimeout, detail: "")),
  ]

  @Test func `the answers are those of the core`() {
    let cells = Document("docs/deliveries.md").table(below: "| status | when").map { $0[0] }
    func statuses(_ cells: [String]) -> Set<Int> {
      Set(cells.flatMap { $0.matches(of: /\d{3}/).compactMap { Int($0.0) } })
    }
    #expect(statuses(cells) == Set(PromiseTests.rejections.map(\.status)))
    let closing = statuses(cells.filter { $0.contains("closed") })
    for rejection in PromiseTests.rejections where closing.contains(rejection.status) {
      #expect(rejection.closesConnection, "\(rejection)")
    }
    let retry = statuses(cells.filter { $0.contains("Retry-After") })
    #expect(retry == Set(PromiseTests.rejections.filter { $0.retryAfterSeconds != nil }.map(\.status)))
  }

  @Test func `the drawing has the phases of the exchange, in their order`() throws {
    let source = Document("Sources/Gateway/Exchange.swift").text
    let spine = try #require(source.firstMatch(of: /\/\/\/ +(\w+(?: -> \w+)+)\n/)).1
    let phases = spine.components(separatedBy: " -> ")
    let drawing = try #require(readme.blocks("").first)
    let drawn = drawing.matches(of: #/(?m)^   \|.{27}  ([a-z]+)  /#).map { String($0.1) }
    #expect(drawn == phases)
    let marks = source.matches(of: /MARK: \d\. (\w+):/).map { $0.1.lowercased() }
    #expect(marks == phases)
  }

  @Test func `the log's fields are those that are written`() {
    let source = Document("Sources/Telemetry/Log/DeliveryLog.swift").text
    let written = Set(source.matches(of: /line\.add\w*\(\s*"(\w+)"/).map { String($0.1) })
    let told = Document("docs/operations.md").table(below: "| field |").flatMap {
      $0[0].matches(of: /`(\w+)`/).map { String($0.1) }
    }
    #expect(Set(told).union(["msg"]) == written)
  }

  @Test(arguments: Document.all) func `every link leads to a file`(_ document: Document) {
    let folder = Document.root.appending(path: document.path).deletingLastPathComponent()
    for link in document.text.matches(of: /\]\(([^)#:]+)\)/) {
      let target = folder.appending(path: String(link.1)).standardized.path
      #expect(FileManager.default.fileExists(atPath: target), "\(link.1)")
    }
  }

  @Test func `every target of make that is named exists`() {
    let makefile = Document("Makefile").text
    let named = Document.all.flatMap(\.inlineCode).compactMap {
      $0.firstMatch(of: /^make ([a-z0-9-]+)/).map { $0.1 }
    }
    #expect(named.count >= 10)
    for target in named { #expect(makefile.contains("\n\(target):"), "\(target)") }
  }

  @Test(arguments: [Document.readme, Document("docs/systemd.md")])
  func `the package that is installed has the program's number`(_ document: Document) throws {
    let source = Document("Sources/vesigate/Version.swift").text
    let number = try #require(source.firstMatch(of: /number = "(.+)"/)).1
    let named = document.blocks("sh").flatMap { $0.matches(of: /vesigate_(.+)_amd64/).map { $0.1 } }
    #expect(named == [number])
  }

  @Test func `every room is on the tour`() throws {
    let rooms = try FileManager.default.contentsOfDirectory(
      atPath: Document.root.appending(path: "Sources").path)
    let tour = Document("docs/design.md").text
    for room in rooms { #expect(tour.contains("(../Sources/\(room))"), "\(room)") }
  }
}
