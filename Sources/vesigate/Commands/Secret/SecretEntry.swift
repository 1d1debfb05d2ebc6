internal import Glibc
internal import POSIX
internal import Rotation
internal import Secrets
internal import Signing
internal import Synchronization
internal import Telemetry

/// How a secret comes in: by a prompt that shows nothing on a terminal, else the only line of standard input.
enum SecretEntry {
  static var isTerminal: Bool { isatty(0) == 1 }

  /// Room for the longest secret, a line end, and one byte that shows that it was too long.
  private static let room = SecretFile.secretBytesMax + 3

  /// Nil when nothing was entered.
  static func read(prompt: String) -> Secret? {
    var bytes = [UInt8](repeating: 0, count: room)
    defer { wipe(&bytes) }
    let count = isTerminal ? typed(prompt, into: &bytes) : piped(into: &bytes)
    guard count > 0 else { return nil }
    let secret = bytes.withUnsafeBytes { Secret(copying: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    // Half a paste shows by its length.
    if isTerminal { show("\(SecretAdvice.length(secret)) entered\n") }
    return secret
  }

  /// To the end of the input, without the line end. More lines stay in it, and are found to be no secret.
  private static func piped(into bytes: inout [UInt8]) -> Int {
    var count = IO.fill(&bytes, from: 0) ?? 0
    if count > 0, bytes[count - 1] == UInt8(ascii: "\n") { count -= 1 }
    if count > 0, bytes[count - 1] == UInt8(ascii: "\r") { count -= 1 }
    return count
  }

  /// With the terminal's echo, line editing and signals off, and signals from elsewhere put off, so that it is
  /// always put right again.
  private static func typed(_ prompt: String, into bytes: inout [UInt8]) -> Int {
    var usual = termios()
    guard tcgetattr(0, &usual) == 0 else { return 0 }
    let interruption = Interruption()
    var hidden = usual
    hidden.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
    show(prompt)
    tcsetattr(0, TCSAFLUSH, &hidden)
    defer {
      tcsetattr(0, TCSAFLUSH, &usual)
      show("\n")
      interruption.end()
    }
    var count = 0
    while let key = key() {
      switch key {
      case 0x0A, 0x0D: return count
      // Ctrl-C, Ctrl-D.
      case 0x03, 0x04: return 0
      case 0x08, 0x7F: count = max(count - 1, 0)
      default:
        bytes[count] = key
        count = min(count + 1, bytes.count - 1)
      }
    }
    return 0
  }

  private static func key() -> UInt8? {
    var byte: UInt8 = 0
    while true {
      // Another thread may be the one that is interrupted, so the look for a signal comes by itself.
      var entry = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
      let ready = poll(&entry, 1, 100)
      guard !Interruption.hasCome else { return nil }
      guard ready > 0 else { continue }
      let got = Glibc.read(0, &byte, 1)
      if got == 1 { return byte }
      guard got < 0, errno == EINTR else { return nil }
    }
  }

  private static func show(_ text: String) {
    var text = TerminalText.shown(text)
    text.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
  }

  /// Asks for a yes on a terminal.
  static func confirm(_ question: String) -> Bool {
    show(question + " [y/N] ")
    let answer = readLine()
    // Only a terminal shows the end of the line that was typed.
    if answer == nil || !isTerminal { show("\n") }
    return isYes(answer)
  }

  /// Whatever else was typed, or nothing at all, is a no.
  static func isYes(_ answer: String?) -> Bool { ["y", "yes"].contains(answer?.lowercased()) }
}

/// The signals that end a program, put off while the terminal shows nothing. A terminal that hangs up ends the input.
private struct Interruption {
  /// The first that came, or 0.
  private static let first = Atomic<CInt>(0)
  private var usual: [(number: CInt, action: sigaction)] = []

  static var hasCome: Bool { first.load(ordering: .relaxed) != 0 }

  init() {
    // Made before a handler can be the first to use it.
    Interruption.first.store(0, ordering: .relaxed)
    for number in [SIGINT, SIGTERM, SIGQUIT] {
      var action = sigaction()
      sigaction(number, nil, &action)
      usual.append((number, action))
      signal(number) { Interruption.first.store($0, ordering: .relaxed) }
    }
  }

  /// What came meanwhile does now what it would have done.
  func end() {
    for var entry in usual { sigaction(entry.number, &entry.action, nil) }
    let number = Interruption.first.load(ordering: .relaxed)
    guard number != 0 else { return }
    // To the process: the thread that a command runs on may hold signals back. It ends before a second is over.
    kill(getpid(), number)
    sleep(1)
  }
}

/// The operator as the source of a new secret: he has pressed the provider's button.
struct ByHandSource: SecretSource {
  let target: SecretTarget

  func newSecret(attempt: Int) -> ProviderAnswer {
    complain("now make the provider generate a new secret; deliveries that fail meanwhile get 503")
    guard let secret = SecretEntry.read(prompt: "the new secret (it is not shown): ") else {
      return .unknown("is worked by hand, and no secret was entered")
    }
    if let flaw = target.flaw(in: secret) {
      complain("what was entered \(flaw)")
      return .unknown("is worked by hand, and what was entered \(flaw)")
    }
    return .rotated(secret)
  }
}
