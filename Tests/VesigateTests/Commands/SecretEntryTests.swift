import Testing

@testable import vesigate

/// What counts as an answer to a question that is asked before something is done.
@Suite struct SecretEntryTests {
  @Test(arguments: ["y", "Y", "yes", "YES", "Yes"])
  func `a yes is a yes`(answer: String) { #expect(SecretEntry.isYes(answer)) }

  @Test(arguments: [nil, "", "n", "no", "yess", " y", "y ", "ye", "\u{1B}y", "ÿ"] as [String?])
  func `anything else, and the end of the input, is a no`(answer: String?) {
    #expect(!SecretEntry.isYes(answer))
  }
}
