public import Foundation

/// A process that a test started, with every line that it wrote. It does not outlive its last reference.
public final class ChildProcess: Sendable {
  public let pid: pid_t
  private let output = Locked(Output())
  private let ended = Locked<Int32?>(nil)

  private struct Output {
    var lines: [String] = []
    var unfinished: [UInt8] = []
    var isComplete = false
  }

  /// - Parameters:
  ///   - arguments: the program, by path or by name, and what it is told.
  ///   - environment: all of it; nothing is inherited but the options of sanitizers, so that a report in
  ///     any program under test is one of the whole run.
  public init(_ arguments: [String], environment: [String: String]) throws {
    var pipe: [Int32] = [-1, -1]
    guard Glibc.pipe(&pipe) == 0 else { throw FixtureError("no pipe") }
    defer { close(pipe[1]) }
    pid = try ChildProcess.spawn(arguments, environment, output: pipe[1])
    Leftovers.clearAtExit
    Leftovers.children.withLock { _ = $0.insert(pid) }
    let reading = pipe[0]
    let take: @Sendable ([UInt8]?) -> Void = { [weak self] in self?.take($0) }
    Thread { ChildProcess.collect(reading, take) }.start()
  }

  deinit {
    if status == nil {
      kill(pid, SIGKILL)
      var raw: Int32 = 0
      waitpid(pid, &raw, 0)
      forget()
    }
  }

  private static func spawn(
    _ arguments: [String], _ environment: [String: String], output: Int32
  ) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, output, 2)
    try closeAllButStandard(&actions)
    let program = ProgramPath.find(arguments[0])
    let argv = ([program] + arguments.dropFirst()).map { strdup($0) } + [nil]
    let all = environment.merging(Sanitizers.environment) { given, _ in given }
    let envp = all.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in argv + envp { free(text) } }
    var pid: pid_t = 0
    let code = posix_spawnp(&pid, program, &actions, nil, argv, envp)
    guard code == 0 else { throw FixtureError("\(arguments[0]): \(String(cString: strerror(code)))") }
    return pid
  }

  /// What another test holds open in this process must not stay open in that one. glibc's function for it
  /// is not among those that the Swift module shows.
  private static func closeAllButStandard(_ actions: inout posix_spawn_file_actions_t) throws {
    typealias CloseFrom =
      @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32
    guard let symbol = dlsym(nil, "posix_spawn_file_actions_addclosefrom_np") else {
      throw FixtureError("this C library cannot close descriptors when it spawns")
    }
    _ = unsafeBitCast(symbol, to: CloseFrom.self)(&actions, 3)
  }

  private static func collect(_ descriptor: Int32, _ take: ([UInt8]?) -> Void) {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      take(Array(chunk[..<count]))
    }
    take(nil)
    close(descriptor)
  }

  private func take(_ bytes: [UInt8]?) {
    output.withLock { output in
      guard let bytes else { return output.isComplete = true }
      output.unfinished += bytes
      guard let last = output.unfinished.lastIndex(of: 10) else { return }
      let whole = output.unfinished[..<last].split(separator: 10, omittingEmptySubsequences: false)
      output.lines += whole.map { String(decoding: $0, as: UTF8.self) }
      output.unfinished.removeSubrange(...last)
    }
  }

  // MARK: What it wrote

  /// The lines that are complete so far, of standard output and standard error.
  public var lines: [String] { output.withLock { $0.lines } }

  /// The first line from number `start` on that contains `text`.
  public func waitForLine(containing text: String, from start: Int = 0, within seconds: Double = 10) throws
    -> String
  {
    var found: String?
    var next = start
    eventually(within: seconds) {
      output.withLock { output in
        // The last lines may come together with the end. None is looked at twice.
        found = output.lines.dropFirst(next).first { $0.contains(text) }
        next = max(next, output.lines.count)
        return found != nil || output.isComplete
      }
    }
    if let found { return found }
    let said = lines.suffix(20).joined(separator: "\n")
    throw FixtureError("no line with \"\(text)\" within \(seconds) s; the last ones were:\n\(said)")
  }

  // MARK: Its life

  public func signal(_ number: Int32) { kill(pid, number) }

  /// The exit code, 128 and the signal's number when a signal ended it, nil while it runs.
  public var status: Int32? {
    ended.withLock { ended in
      if let ended { return ended }
      var raw: Int32 = 0
      guard waitpid(pid, &raw, WNOHANG) == pid else { return nil }
      forget()
      ended = raw & 0x7F == 0 ? (raw >> 8) & 0xFF : 128 + raw & 0x7F
      return ended
    }
  }

  private func forget() { Leftovers.children.withLock { _ = $0.remove(pid) } }

  /// Waits for the end by itself.
  public func waitForExit(within seconds: Double = 10) -> Int32? {
    eventually(within: seconds) { status != nil && output.withLock { $0.isComplete } }
    return status
  }

  /// SIGTERM; SIGKILL when that did not end it in time, which gives 137.
  @discardableResult
  public func terminate(within seconds: Double = 40) -> Int32 {
    if status == nil { signal(SIGTERM) }
    if let status = waitForExit(within: seconds) { return status }
    signal(SIGKILL)
    return waitForExit(within: 10) ?? 137
  }

  // MARK: What the kernel says of it

  /// 0 under a sanitizer, which keeps freed memory: what is resident then says nothing.
  public var residentBytes: Int {
    guard !Sanitizers.areOn else { return 0 }
    let fields = (try? String(contentsOfFile: "/proc/\(pid)/statm", encoding: .utf8))?.split(separator: " ")
    return (fields.flatMap { Int($0[1]) } ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
  }

  /// Processor time that it has had so far, of all its threads.
  public var cpuSeconds: Double {
    var clock = clockid_t()
    var time = timespec()
    guard clock_getcpuclockid(pid, &clock) == 0, clock_gettime(clock, &time) == 0 else { return .nan }
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// The same of its threads of this name alone, each by its own clock; nothing where it has none.
  public func cpuSeconds(ofThreads name: String) throws -> Double {
    let folder = "/proc/\(pid)/task"
    func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }
    var nanoseconds: [Double] = []
    for thread in try FileManager.default.contentsOfDirectory(atPath: folder)
    where try text("\(folder)/\(thread)/comm").hasPrefix(name + "-") {
      // What it ran for comes first; it is brought up to date whenever the thread goes to sleep.
      let figures = try text("\(folder)/\(thread)/schedstat").split(separator: " ")
      guard let ran = figures.first.flatMap({ Double($0) }) else { throw FixtureError("no schedstat") }
      nanoseconds.append(ran)
    }
    guard !nanoseconds.isEmpty else { throw FixtureError("no thread is called \(name)") }
    return nanoseconds.reduce(0, +) / 1e9
  }

  public var descriptorCount: Int {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count) ?? 0
  }

  public var socketCount: Int {
    let folder = "/proc/\(pid)/fd"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.count {
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)"))?.hasPrefix("socket:")
        == true
    }
  }

  /// `cmdline` or `environ`, as the kernel shows it.
  public func procFile(_ name: String) -> [UInt8] {
    Array(FileManager.default.contents(atPath: "/proc/\(pid)/\(name)") ?? Data())
  }
}

/// How much longer than on an idle machine what has to happen may take before a test calls it missing. Tests say
/// how long it takes at most where nothing else is done; machines are busy, and only who waits in vain pays.
public enum Patience {
  public static let factor: Double = Sanitizers.areOn ? 12 : 6
}

/// What a build with a sanitizer needs to know in every process.
public enum Sanitizers {
  public static let environment = ProcessInfo.processInfo.environment.filter {
    ["ASAN_OPTIONS", "TSAN_OPTIONS"].contains($0.key)
  }

  /// Whether this process, and so what it starts, was built with one.
  public static let areOn = dlsym(nil, "__asan_init") != nil || dlsym(nil, "__tsan_init") != nil

  /// Whether a program can be left without a descriptor. ThreadSanitizer takes some when it first meets what it is told
  /// to suppress, whenever that is, and ends the program where it gets none.
  public static let bearLackOfDescriptors = dlsym(nil, "__tsan_init") == nil

  /// Of so many requests, what can be asked of a machine within the same time.
  public static func share(of count: Int) -> Int { areOn ? count / 25 : count }
}
