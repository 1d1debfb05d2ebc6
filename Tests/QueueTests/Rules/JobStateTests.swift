import Queue
import TestSupport
import Testing

@Suite struct JobStateTests {
  /// The whole table: what is not in it cannot happen.
  static let table: [(JobState, JobState.Event, JobState)] = [
    (.queued, .start, .sending), (.sending, .deliver, .delivered), (.sending, .retry, .queued),
    (.sending, .giveBack, .queued), (.sending, .restart, .queued), (.sending, .die, .dead),
    (.queued, .cancel, .cancelled), (.orphaned, .cancel, .cancelled), (.queued, .orphan, .orphaned),
    (.orphaned, .adopt, .queued),
    (.dead, .replay, .queued), (.cancelled, .replay, .queued), (.delivered, .replay, .queued),
    (.cancelled, .resume, .queued),
  ]

  @Test(arguments: JobState.allCases, JobState.Event.allCases)
  func `each state goes where the table says, and nowhere else`(state: JobState, event: JobState.Event) {
    let row = Self.table.first { $0.0 == state && $0.1 == event }
    let expected = row?.2 ?? (event == .restart ? state : nil)
    #expect(state.after(event) == expected)
    #expect(state.after(event, keepsBody: false) == ([.replay, .resume].contains(event) ? nil : expected))
  }

  @Test func `the numbers are those of the file`() {
    #expect(JobState.allCases.map(\.rawValue) == [0, 1, 2, 3, 4, 5])
    #expect(JobState.allCases.filter { !$0.isHeld } == [.delivered, .cancelled])
    #expect(JobState.allCases.filter(\.isFinal) == [.delivered, .dead, .cancelled])
  }

  @Test func `over random events only a cancel or a delivery lets go of a job`() {
    var generator = SeededGenerator(seed: runSeed)
    var state = JobState.queued
    for _ in 0..<20_000 {
      guard let event = JobState.Event.allCases.randomElement(using: &generator),
        let next = state.after(event)
      else { continue }
      if state.isHeld, !next.isHeld { #expect(event == .cancel || event == .deliver) }
      if next == .sending { #expect(event == .start) }
      state = next
    }
  }
}
