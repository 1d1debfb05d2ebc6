import Synchronization
import Testing

@testable import Operations

/// Changes of many that go on behind their page.
struct InspectorJobsTests {
  private static let caller = InspectorCaller(user: 1_000, mayAct: true)

  /// Pages of ten until all is done; a test may hold it up, or have it fail.
  private final class Store: Sendable {
    struct State {
      var left = 100
      var fault: String?
    }
    let state = Mutex(State())

    func answer(_ request: QueueRequest) -> QueueAnswer {
      state.withLock { state in
        if let fault = state.fault { return .refused(fault) }
        var answer = QueueAnswer()
        answer.count = min(10, state.left)
        state.left -= answer.count
        answer.before = state.left == 0 ? nil : Int64(state.left)
        return answer
      }
    }
  }

  private func jobs(_ store: Store) -> (InspectorJobs, FakeInspectorSource) {
    var facts = FakeInspectorSource.Facts()
    facts.queue = { store.answer($0) }
    let source = FakeInspectorSource(facts)
    return (InspectorJobs(source: source), source)
  }

  private func work(_ state: String = "dead", _ route: String? = nil) -> InspectorJob.Work {
    var request = QueueRequest(.purge)
    (request.state, request.route) = (state, route)
    return .queue(request)
  }

  @Test func `all of a filter is done a page at a time, by whoever asked for it`() async throws {
    let (jobs, source) = jobs(Store())
    #expect(jobs.begin(work(), total: 100, by: Self.caller) == .begun(1))
    await jobs.settled()
    let job = try #require(jobs.find(1))
    #expect(job.state == .done && job.changed == 100 && job.ended == FakeInspectorSource.now)
    #expect(source.askedQueue.count == 10)
    #expect(source.askedQueue.map(\.before) == [nil, 90, 80, 70, 60, 50, 40, 30, 20, 10])
    #expect(source.askedQueue.allSatisfy { $0.limit == InspectorJobs.pageMax && $0.state == "dead" })
    #expect(source.facts.withLock { $0.users } == Array(repeating: 1_000, count: 10))
  }

  @Test
  func `what the store refuses pauses it with the reason, and goes on where it was once somebody says so`()
    async throws
  {
    let store = Store()
    store.state.withLock { $0.fault = "the disk is full" }
    let (jobs, source) = jobs(store)
    _ = jobs.begin(work(), total: 100, by: Self.caller)
    await jobs.settled()
    #expect(jobs.find(1)?.state == .failing && jobs.find(1)?.message == "the disk is full")
    store.state.withLock { $0.fault = nil }
    #expect(jobs.change(1, .resume)?.state == .running)
    await jobs.settled()
    #expect(jobs.find(1)?.state == .done && jobs.find(1)?.changed == 100 && jobs.find(1)?.message == "")
    #expect(source.askedQueue.count == 11)
  }

  @Test func `one that is stopped stays stopped, and what is over cannot be changed`() async {
    let store = Store()
    store.state.withLock { $0.fault = "x" }
    let (jobs, _) = jobs(store)
    _ = jobs.begin(work(), total: 100, by: Self.caller)
    await jobs.settled()
    #expect(jobs.change(1, .stop)?.state == .stopped)
    for event in [InspectorJob.Event.pause, .resume, .stop] { #expect(jobs.change(1, event) == nil) }
    #expect(jobs.change(7, .stop) == nil && jobs.find(7) == nil)
    #expect(store.state.withLock { $0.left } == 100)
  }

  @Test func `where events lead`() {
    #expect(
      InspectorJob.State.running.after(.pause) == .paused && InspectorJob.State.running.after(.resume) == nil)
    #expect(
      InspectorJob.State.paused.after(.resume) == .running
        && InspectorJob.State.failing.after(.resume) == .running)
    for state in [InspectorJob.State.running, .paused, .failing] { #expect(state.after(.stop) == .stopped) }
    for state in [InspectorJob.State.done, .stopped] { #expect(state.isOver && state.after(.stop) == nil) }
  }

  @Test func `no more than a few are open at once, and a button pressed twice is pressed once`() async {
    let store = Store()
    store.state.withLock { $0.fault = "x" }
    let (jobs, _) = jobs(store)
    for number in 1...InspectorJobs.openMax {
      #expect(jobs.begin(work("dead", "/\(number)"), total: 1, by: Self.caller) == .begun(number))
    }
    await jobs.settled()
    #expect(jobs.begin(work("dead", "/x"), total: 1, by: Self.caller) == .tooMany)
    #expect(jobs.begin(work("dead", "/2"), total: 1, by: Self.caller) == .begun(2))
    _ = jobs.change(2, .stop)
    #expect(jobs.begin(work("dead", "/x"), total: 1, by: Self.caller) == .begun(InspectorJobs.openMax + 1))
  }

  @Test func `of those that are over the newest are remembered`() async {
    let (jobs, _) = jobs(Store())
    for number in 0..<30 {
      _ = jobs.begin(work("dead", "/\(number)"), total: 1, by: Self.caller)
      await jobs.settled()
    }
    #expect(jobs.all.map(\.number) == (11...30).reversed())
  }

  // MARK: As a page

  private static func replay(_ state: String) -> QueueAnswer.Replay {
    var replay = QueueAnswer.Replay()
    (replay.replay, replay.state, replay.total, replay.moved, replay.of) = (4, state, 5_000, 1_234, "dead")
    (replay.rate, replay.failed, replay.route, replay.user) = (50, 7, "/hook", 1_000)
    replay.began = FakeInspectorSource.now - 60_000
    return replay
  }

  private func inspector(_ replays: [QueueAnswer.Replay]) -> (Inspector, FakeInspectorSource) {
    var facts = FakeInspectorSource.Facts()
    facts.queue = { request in
      var answer = QueueAnswer()
      if request.verb == "replays" { answer.replays = replays }
      if request.replay == 9 { return .refused("there is no replay 9, or no longer") }
      return answer
    }
    let source = FakeInspectorSource(facts)
    return (Inspector(source), source)
  }

  @Test func `a replay is shown with its progress, and what can be done with it`() async throws {
    let (inspector, _) = inspector([Self.replay("running"), Self.replay("failing"), Self.replay("done")])
    let page = try ReadPage(await inspector.get("replays").html)
    #expect(page.isBalanced && page.text.contains("1,234 of 5,000") && page.text.contains("50 a second"))
    #expect(
      page.all("progress").first == ["aria-label": "Replay 4: progress", "max": "5000", "value": "1234"])
    let actions = page.all("form").compactMap { $0["action"] }
    #expect(actions == ["/replays/4/pause", "/replays/4/stop", "/replays/4/resume", "/replays/4/stop"])
    #expect(page.all("a").contains { $0["href"] == "/stored?state=dead&route=%2Fhook" })
    #expect(page.text.contains("half of what it moved last died again"))
    #expect(page.all("meta").contains { $0["http-equiv"] == "refresh" })
  }

  @Test func `long words in filters make no long page`() async throws {
    let long = String(repeating: "'", count: 16_000)
    var replay = Self.replay("running")
    (replay.route, replay.reason, replay.waits) = (long, long, long)
    let (inspector, _) = inspector(Array(repeating: replay, count: 50))
    for number in 0..<30 {
      _ = inspector.jobs.begin(work("dead", long + "\(number)"), total: 1, by: Self.caller)
      await inspector.jobs.settled()
    }
    let html = await inspector.get("replays").html
    #expect(html.utf8.count < InspectorStored.pageBytesMax && html.contains("bytes more"))
    #expect(html.contains("Replay 4") && html.contains("Change 30"))
  }

  @Test
  func `it loads itself again only while something goes on, and has no buttons for who may not press them`()
    async throws
  {
    let (inspector, _) = inspector([Self.replay("paused")])
    let page = try ReadPage(await inspector.get("replays", mayAct: false).html)
    #expect(!page.all("meta").contains { $0["http-equiv"] == "refresh" } && page.count("form") == 0)
  }

  @Test(arguments: [("pause", "replay-pause"), ("resume", "replay-resume"), ("stop", "replay-stop")])
  func `a replay is paused, taken up and stopped by its number`(event: (String, String)) async throws {
    let (inspector, source) = inspector([])
    let reply = await inspector.post("replays", "4", event.0)
    #expect(reply.status == 303 && reply.location?.text == "/replays")
    #expect(source.askedQueue.map(\.verb) == [event.1] && source.askedQueue.first?.replay == 4)
    let none = await inspector.post("replays", "9", event.0)
    #expect(none.status == 409 && none.html.contains("there is no replay 9"))
  }

  @Test func `what is no change of a job or a replay is not found, or said to be over`() async {
    let (inspector, source) = inspector([])
    for (number, event) in [("x", "pause"), ("1", "delete"), ("99999999999999999999", "stop")] {
      #expect(await inspector.post("replays", number, event).status == 404)
      #expect(await inspector.post("jobs", number, event).status == 404)
    }
    #expect(source.askedQueue.isEmpty)
    #expect(await inspector.post("jobs", "5", "stop").status == 409)
  }

  @Test func `a change is shown with what it has done and what it has left, all of it as text`() async throws
  {
    let evil = InspectorHostile.all
    var facts = FakeInspectorSource.Facts()
    facts.queue = { _ in .refused(evil) }
    facts.quarantine = { _ in
      var answer = QuarantineAnswer()
      (answer.count, answer.unverified) = (5, 2)
      return answer
    }
    let inspector = Inspector(FakeInspectorSource(facts))
    _ = inspector.jobs.begin(work("dead", evil), total: 3, by: Self.caller)
    _ = inspector.jobs.begin(.quarantine(QuarantineRequest(.release)), total: 7, by: Self.caller)
    await inspector.jobs.settled()
    let page = try ReadPage(await inspector.get("replays").html)
    #expect(page.isBalanced && page.tags.isSubset(of: InspectorPages.tags))
    // The beginning of what was asked for and of what the store said to it; and where the replays would stand.
    let shown = InspectorHostile.shown(String(evil.prefix(100)))
    #expect(page.text.count(of: shown) == 3 && page.text.contains("Not verified2"))
    #expect(page.text.contains("Change 2: judge again") && page.text.contains("7 of 7"))
  }
}
