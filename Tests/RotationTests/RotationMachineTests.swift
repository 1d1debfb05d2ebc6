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
private let allFiles = journals.flatMap { journal in
  nextFiles.flatMap { next in currents.map { RotationFiles(journal: journal, next: next, current: $0) } }
}

private func progresses(resuming: Bool) -> [RotationProgress] {
  [false, true].flatMap { announced in
    [false, true].flatMap { seen in
      [0, 1].map { calls in
        var progress = RotationProgress(isResuming: resuming, callsLeft: calls)
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
  for files in allFiles {
    for progress in progresses(resuming: false) + progresses(resuming: true) {
      guard case .call = RotationMachine.step(files, progress) else { continue }
      calls += 1
      #expect(progress.isSeenByDaemon && progress.callsLeft >= 0)
      #expect(files.next == .empty)
      #expect(files.journal != nil)
    }
  }
  #expect(calls > 0)
}

@Test func `an answer on disk is never thrown away or asked for again while a journal stands`() {
  for files in allFiles where files.journal != nil {
    guard case .complete = files.next else { continue }
    for progress in progresses(resuming: false) + progresses(resuming: true) {
      let step = RotationMachine.step(files, progress)
      #expect(step == .noteReceived || step == .store)
    }
  }
}

@Test func `only where nothing was called are an earlier run's files cleared away`() {
  for files in allFiles {
    for progress in progresses(resuming: false) + progresses(resuming: true)
    where RotationMachine.step(files, progress) == .cleanUp {
      #expect(files.journal?.step ?? .announced == .announced)
      #expect(!progress.hasAnnounced || files.journal == nil)
    }
  }
}

@Test func `without calls left an unknown outcome stops, and says so`() {
  let journal = Journal(began: 1, step: .calling, attempt: 3, old: "old")
  for next in [NextFile.absent, .empty, .torn] {
    let files = RotationFiles(journal: journal, next: next, current: "old")
    #expect(RotationMachine.step(files, RotationProgress(callsLeft: 0)) == .stopUnknown)
    #expect(RotationMachine.step(files, RotationProgress(mayRepeatCall: false)) == .stopUnknown)
  }
}

@Test func `an answer that was renamed into place is not asked for again`() {
  let journal = Journal(began: 1, step: .received, old: "old", new: "new")
  let stored = RotationFiles(journal: journal, next: .absent, current: "new")
  #expect(RotationMachine.step(stored, RotationProgress()) == .noteStored)
  let lost = RotationFiles(journal: journal, next: .absent, current: "old")
  #expect(RotationMachine.step(lost, RotationProgress(callsLeft: 0)) == .stopUnknown)
}

@Test func `the journal goes only after the receipt`() {
  let journal = Journal(began: 1, step: .stored, old: "old", new: "new")
  let files = RotationFiles(journal: journal, next: .absent, current: "new")
  var progress = RotationProgress()
  #expect(RotationMachine.step(files, progress) == .receipt)
  progress.hasReceipt = true
  #expect(RotationMachine.step(files, progress) == .close)
}

@Test func `with nothing on disk a rotate begins and a resume ends`() {
  let files = RotationFiles(journal: nil, next: .absent, current: "old")
  #expect(RotationMachine.step(files, RotationProgress()) == .announce)
  #expect(RotationMachine.step(files, RotationProgress(isResuming: true)) == .done)
}

@Test func `a repeated call is another attempt`() {
  let journal = Journal(began: 1, step: .calling, attempt: 2, old: "old")
  var progress = RotationProgress()
  progress.isSeenByDaemon = true
  let files = RotationFiles(journal: journal, next: .empty, current: "old")
  #expect(RotationMachine.step(files, progress) == .call(attempt: 3))
}
