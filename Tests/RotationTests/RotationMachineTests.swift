import Testing

@testable import Rotation
@testable import Secrets

private let nextFiles: [NextFile] = [.absent, .empty, .torn, .complete(fingerprint: "new")]
private let journals: [Journal?] =
  [nil]
  + Journal.Step.allCases.flatMap { step in
    [nil, "new", "other"].map { Journal(began: 1, step: step, old: "old", new: $0) }
  }
private let currents: [String?] = [nil, "old", "new"]

/// Every state that files can be in.
private let standings = journals.flatMap { journal in
  nextFiles.flatMap { next in currents.map { Standing(journal: journal, next: next, current: $0) } }
}

private func progresses(resuming: Bool) -> [Progress] {
  [false, true].flatMap { announced in
    [false, true].flatMap { seen in
      [0, 1].map { calls in
        var progress = Progress(isResuming: resuming, callsLeft: calls)
        progress.hasAnnounced = announced
        progress.isSeenByDaemon = seen
        progress.hasSpread = seen
        return progress
      }
    }
  }
}

@Test func `the provider is called only with the journal seen and room made for the answer`() {
  var calls = 0
  for standing in standings {
    for progress in progresses(resuming: false) + progresses(resuming: true) {
      guard case .call = RotationMachine.step(standing, progress) else { continue }
      calls += 1
      #expect(progress.isSeenByDaemon && progress.callsLeft >= 0)
      #expect(standing.next == .empty)
      #expect(standing.journal != nil)
    }
  }
  #expect(calls > 0)
}

@Test func `an answer on disk is never thrown away or asked for again while a journal stands`() {
  for standing in standings where standing.journal != nil {
    guard case .complete = standing.next else { continue }
    for progress in progresses(resuming: false) + progresses(resuming: true) {
      let step = RotationMachine.step(standing, progress)
      #expect(step == .noteReceived || step == .store)
    }
  }
}

@Test func `only where nothing was called are an earlier run's files cleared away`() {
  for standing in standings {
    for progress in progresses(resuming: false) + progresses(resuming: true)
    where RotationMachine.step(standing, progress) == .cleanUp {
      #expect(standing.journal?.step ?? .announced == .announced)
      #expect(!progress.hasAnnounced || standing.journal == nil)
    }
  }
}

@Test func `without calls left an unknown outcome stops, and says so`() {
  let journal = Journal(began: 1, step: .calling, attempt: 3, old: "old")
  for next in [NextFile.absent, .empty, .torn] {
    let standing = Standing(journal: journal, next: next, current: "old")
    #expect(RotationMachine.step(standing, Progress(callsLeft: 0)) == .stopUnknown)
    #expect(RotationMachine.step(standing, Progress(mayRepeatCall: false)) == .stopUnknown)
  }
}

@Test func `an answer that was renamed into place is not asked for again`() {
  let journal = Journal(began: 1, step: .received, old: "old", new: "new")
  let stored = Standing(journal: journal, next: .absent, current: "new")
  #expect(RotationMachine.step(stored, Progress()) == .noteStored)
  let lost = Standing(journal: journal, next: .absent, current: "old")
  #expect(RotationMachine.step(lost, Progress(callsLeft: 0)) == .stopUnknown)
}

@Test func `the journal goes only after the receipt`() {
  let journal = Journal(began: 1, step: .stored, old: "old", new: "new")
  let standing = Standing(journal: journal, next: .absent, current: "new")
  var progress = Progress()
  #expect(RotationMachine.step(standing, progress) == .receipt)
  progress.hasReceipt = true
  #expect(RotationMachine.step(standing, progress) == .close)
}

@Test func `with nothing on disk a rotate begins and a resume ends`() {
  let standing = Standing(journal: nil, next: .absent, current: "old")
  #expect(RotationMachine.step(standing, Progress()) == .announce)
  #expect(RotationMachine.step(standing, Progress(isResuming: true)) == .done)
}

@Test func `a repeated call is another attempt`() {
  let journal = Journal(began: 1, step: .calling, attempt: 2, old: "old")
  var progress = Progress()
  progress.isSeenByDaemon = true
  let standing = Standing(journal: journal, next: .empty, current: "old")
  #expect(RotationMachine.step(standing, progress) == .call(attempt: 3))
}
