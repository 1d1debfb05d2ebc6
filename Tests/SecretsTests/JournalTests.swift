import Testing

@testable import Secrets

@Test func `a journal is written as the daemon reads it`() {
  let journal = Journal(began: 1_795_295_346_123, old: "bda5d2fc")
  #expect(
    journal.text == """
      vesigate-journal: 1
      began: 1795295346123
      step: announced
      mode: call
      compromised: no
      attempt: 1
      old: bda5d2fc

      """)
}

@Test(arguments: Journal.Step.allCases, Journal.Mode.allCases)
func `a journal reads back as it was written`(step: Journal.Step, mode: Journal.Mode) {
  let journal = Journal(began: 7, step: step, mode: mode, compromised: true, attempt: 3, old: "a", new: "b")
  #expect(Journal(Array(journal.text.utf8), modified: 99) == journal)
}

@Test(
  arguments: [
    ("", 99), ("garbage", 99), ("vesigate-journal: 2\nbegan: 1\nstep: stored\nmode: call\n", 1),
    ("vesigate-journal: 1\nbegan: x\nstep: stored\nmode: call\n", 99),
    ("vesigate-journal: 1\nbegan: 1\nstep: else\nmode: call\n", 1),
    ("vesigate-journal: 1\nbegan: 1\nstep: sto", 1),
    ("vesigate-journal: 1\nbegan: 9223372036854775807\nstep: stored\nmode: call\n", 99),
  ] as [(String, Int64)])
func `a garbled journal counts as a call of unknown outcome, begun when it says or was written`(
  text: String, began: Int64
) {
  #expect(Journal(Array(text.utf8), modified: 99) == Journal(began: began, step: .calling))
}

@Test(arguments: [-2_147_483_648_000, -1, 253_402_300_799_999] as [Int64])
func `a journal that was begun by a wrong clock reads as it was written`(_ began: Int64) {
  let journal = Journal(began: began, old: "a")
  #expect(Journal(Array(journal.text.utf8), modified: 99) == journal)
}

@Test func `a journal that cannot be read at all counts as a call of unknown outcome`() {
  #expect(Journal(nil, modified: 99) == Journal(began: 99, step: .calling))
}

@Test func `unknown keys are ignored`() {
  let text = Journal(began: 7).text + "later: yes\n"
  #expect(Journal(Array(text.utf8), modified: 99) == Journal(began: 7))
}

@Test func `a journal that an editor gave other line ends says what it said`() {
  let journal = Journal(began: 7, step: .received, mode: .byHand, compromised: true, old: "a", new: "b")
  let text = journal.text.replacing("\n", with: "\r\n")
  #expect(Journal(Array(text.utf8), modified: 99) == journal)
}
