import Testing

@testable import Rotation

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

@Test(arguments: [
  "", "garbage", "vesigate-journal: 2\nbegan: 1\nstep: stored\nmode: call\n",
  "vesigate-journal: 1\nbegan: x\nstep: stored\nmode: call\n",
  "vesigate-journal: 1\nbegan: 1\nstep: else\nmode: call\n", "vesigate-journal: 1\nbegan: 1\nstep: sto",
])
func `a garbled journal counts as a call of unknown outcome, begun when it was written`(text: String) {
  #expect(Journal(Array(text.utf8), modified: 99) == Journal(began: 99, step: .calling))
}

@Test func `unknown keys are ignored`() {
  let text = Journal(began: 7).text + "later: yes\n"
  #expect(Journal(Array(text.utf8), modified: 99) == Journal(began: 7))
}
