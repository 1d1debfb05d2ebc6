import Foundation
import TestSupport
import Testing

@testable import Configuration

@Suite(.ownThread) struct YAMLTests {
  @Test(
    arguments: [
      ("", "v.yaml: " + YAMLComposer.smallestFile),
      ("# nothing but a comment\n", "v.yaml: " + YAMLComposer.smallestFile),
      ("---\n", "v.yaml: " + YAMLComposer.smallestFile),
      ("just words", "v.yaml:1:1: must be settings, such as routes:"),
      (
        "a: b: c",
        "v.yaml:1:5: is not YAML: mapping values are not allowed in this context; "
          + "check the indentation, and put a value that holds a colon and a blank in quotes"
      ),
      (
        "a: @b",
        "v.yaml:1:4: is not YAML: found character that cannot start any token; "
          + "indent with blanks, not tabs, and put a value that begins with @, ` or % in quotes"
      ),
      ("routes: [a, b", "v.yaml:2:1: is not YAML: did not find expected ',' or ']'; a [ is never closed"),
      ("workers: \"2", "v.yaml:1:12: is not YAML: found unexpected end of stream; a quote is never closed"),
    ])
  func `a file that is no tree of settings is one problem with its place`(text: String, expected: String) {
    #expect(problems(text) == [expected])
  }

  @Test(arguments: [
    ("\tworkers: 1", 1), ("routes:\n  - path: /a\n\tsecret-file: /s\n", 3), ("a: 1\n  \tb: 2\n", 2),
  ])
  func `a line that is indented with a tab is named`(text: String, line: Int) throws {
    let told = problems(text)
    #expect(told.count == 1)
    let sentence = "; line \(line) is indented with a tab, and has to be with blanks"
    #expect(try #require(told.first).hasSuffix(sentence), "\(told)")
  }

  @Test func `a byte that is not UTF-8 is named by line and column`() {
    let bytes = Array("workers: 2\nlog: {level: ".utf8) + [0xFF, 0x0A]
    #expect(throws: Problems.self) { try Configuration.parse(bytes, file: "v.yaml") }
    do { _ = try Configuration.parse(bytes, file: "v.yaml") } catch {
      #expect(
        error.description
          == "v.yaml:2:14: is not YAML: there is a byte here that is not UTF-8 or not printable")
    }
  }

  @Test func `anchors, aliases, tags and second documents are refused where they stand`() {
    #expect(
      problems(configuration(top: "workers: &n 2\nlog: !!map {}\nlisten: *n")) == [
        "v.yaml:1:10 workers: must not have an anchor (&name)",
        "v.yaml:2:6 log: must not have a tag (!name): put a text in quotes instead",
        "v.yaml:3:9 listen: must not be an alias (*name): write the value out",
      ])
    #expect(
      problems(configuration() + "---\nworkers: 2\n")
        == ["v.yaml:7:1: must hold one document, and a second one begins here"])
  }

  @Test func `a duplicate key names the line of the first`() {
    #expect(
      problems(configuration(route: "path: /other"))
        == ["v.yaml:6:5 routes[0].path: is set already on line 3"])
  }

  @Test func `values of several lines and control characters are refused`() {
    #expect(
      problems(configuration(top: "workers: |\n  2\n  3\nlisten: \"a\\0b\"")) == [
        "v.yaml:1:10 workers: must not hold line breaks or control characters",
        "v.yaml:4:9 listen: must not hold line breaks or control characters",
      ])
  }

  @Test func `collections count as levels wherever they stand`() {
    let key = "v.yaml:1:34: must not be nested deeper than 32 levels"
    #expect(problems(String(repeating: "{", count: 100_000)).last == key)
    #expect(problems(String(repeating: "[{", count: 16) + "[[a]]").contains { $0.hasSuffix(" 32 levels") })
    // Just deep enough is no mistake of depth.
    let deepest = String(repeating: "{", count: 32) + "a" + String(repeating: "}", count: 32)
    #expect(!problems(deepest).contains { $0.contains("levels") })
  }

  @Test func `as many directives as anybody writes are taken, more are refused unread`() {
    let directive = { (count: Int) in
      (0..<count).map { "%TAG !t\($0)! x:\n" }.joined() + "---\n" + configuration()
    }
    #expect(problems(directive(16)) == [])
    #expect(problems(directive(17)) == ["v.yaml:17:1: must not have more than 16 directives (%)"])
    let inComments = String(repeating: "# caf\u{E9}% \u{28}%\n", count: 40) + configuration()
    #expect(problems(inComments) == [])
    #expect(
      problems(String(repeating: "%X\u{2028}", count: 17)) == [
        "v.yaml:1:1: must not have more than 16 directives (%)"
      ])
  }

  @Test func `names that are not words are refused`() {
    #expect(problems(configuration(top: "? [a]\n: 1")) == ["v.yaml:1:3: must have plain words for names"])
  }

  @Test func `nesting, values and bytes are bounded`() {
    #expect(
      problems(String(repeating: "[", count: 100_000))
        == ["v.yaml:1:34: must not be nested deeper than 32 levels"])
    let many = "workers: [" + String(repeating: "1,", count: 1_000_001) + "]"
    #expect(problems(many).map { $0.drop { $0 != " " } } == [" must not hold more than 1000000 values"])
    #expect(
      problems(String(repeating: "#", count: 16_777_217)) == [
        "v.yaml: must not be larger than 16777216 bytes"
      ])
  }

  @Test(arguments: [
    ("upstream", "upstreams"), ("paht", "path"), ("secret", "secret-file"),
    ("secret_file", "secret-file"), ("obsevre", "observe"),
  ])
  func `a near miss brings a suggestion`(wrong: String, right: String) {
    #expect(Suggestion.nearest(to: wrong, among: Schema.route.keys) == right)
  }

  @Test func `a word that is like nothing brings none`() {
    #expect(Suggestion.nearest(to: "colour", among: Schema.route.keys) == nil)
    #expect(Suggestion.nearest(to: "", among: Schema.route.keys) == nil)
  }
}

@Suite(.ownThread) struct MistakeCostTests {
  private func seconds(_ text: String) -> Double {
    var (before, after) = (timespec(), timespec())
    // The thread's own clock, which stands while others run; what load does to caches it does to both texts.
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before)
    _ = problems(text)
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after)
    return Double(after.tv_sec - before.tv_sec) + Double(after.tv_nsec - before.tv_nsec) / 1e9
  }

  /// Of the same bytes, as values of a list that is refused at once.
  @Test func `mistakes beyond those that are told cost no more than what is read and left`() {
    let count = 20_000
    let mistakes = (0..<count).map { "secret-fil\($0): 1\n" }.joined()
    let values = "workers:\n" + (0..<count).map { "- secret-fil\($0)\n- 1\n" }.joined()
    let ratio = seconds(mistakes) / seconds(values)
    print("mistakes cost \(ratio) times what values cost")
    #expect(ratio < 10)
  }
}
