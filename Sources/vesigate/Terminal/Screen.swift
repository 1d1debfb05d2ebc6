internal import Glibc
internal import NIOCore
internal import Synchronization
internal import Telemetry

/// A terminal that shows the same thing anew. What was on it before comes back at the end; where the output
/// is no terminal, one text follows the other.
enum Screen {
  /// The terminal's other page, without a cursor; and back.
  private static let enter: StaticString = "\u{1B}[?1049h\u{1B}[?25l"
  private static let leave: StaticString = "\u{1B}[?25h\u{1B}[?1049l"

  static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

  /// Returns when nobody reads any more; Ctrl-C and SIGTERM end the program.
  static func watch(everySeconds seconds: Int, _ look: () -> [PaintedLine]) {
    let (isTerminal, isPainted) = (isTerminal, Paint.isOn)
    if isTerminal {
      restoreOnSignals()
      _ = drawPage(enter.description)
    }
    while draw(look(), isTerminal, isPainted) { FileThread.sleep(.seconds(Int64(seconds))) }
    if isTerminal { write(leave) }
  }

  /// Who may write. A signal may be handled by another thread than the one that draws, in the middle of a page:
  /// then that one ends the program when the page stands, unless a second signal comes first.
  private enum Turn {
    static let free = 0
    static let drawing = 1
    static let leaving = 2
  }

  private static let turn = Atomic<Int>(Turn.free)
  private static let exitCode = Atomic<CInt>(0)

  /// A handler may only do what is safe at any instruction: atomics, one write and the end.
  private static func restoreOnSignals() {
    _ = (turn.load(ordering: .relaxed), exitCode.load(ordering: .relaxed))
    for number in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] {
      signal(number) { number in
        Screen.exitCode.store(number == SIGINT ? 0 : 128 + number, ordering: .relaxed)
        if Screen.turn.exchange(Turn.leaving, ordering: .acquiringAndReleasing) != Turn.drawing {
          Screen.end()
        }
      }
    }
  }

  private static func end() {
    write(leave)
    _exit(exitCode.load(ordering: .relaxed))
  }

  /// False when nobody reads.
  private static func drawPage(_ text: String) -> Bool {
    // Not ours any more: the program is ending.
    while !turn.compareExchange(expected: Turn.free, desired: Turn.drawing, ordering: .acquiringAndReleasing)
      .exchanged
    {
      FileThread.sleep(.seconds(1))
    }
    let isRead = StandardOutput.putForReader(text)
    let freed = turn.compareExchange(
      expected: Turn.drawing, desired: Turn.free, ordering: .acquiringAndReleasing)
    if !freed.exchanged { end() }
    return isRead
  }

  private static func write(_ text: StaticString) {
    _ = Glibc.write(STDOUT_FILENO, text.utf8Start, text.utf8CodeUnitCount)
  }

  /// False when nobody reads.
  private static func draw(_ lines: [PaintedLine], _ isTerminal: Bool, _ isPainted: Bool) -> Bool {
    guard isTerminal else {
      return StandardOutput.putForReader(lines.map { $0.shown(isPainted: false) + "\n" }.joined())
    }
    let size = size
    return drawPage(page(lines, rows: size.rows, columns: size.columns, isPainted: isPainted))
  }

  /// To the home position, each line to its end, then the rest of the page: nothing flickers. The last row stays free,
  /// for a line feed on it would scroll.
  static func page(_ lines: [PaintedLine], rows: Int, columns: Int, isPainted: Bool = false) -> String {
    let shown = fitting(lines, rows: rows - 1).map {
      $0.shown(isPainted: isPainted, columns: columns) + "\u{1B}[K\r\n"
    }
    return "\u{1B}[H" + shown.joined() + "\u{1B}[J"
  }

  /// What the page has no room for is told: what is wrong may stand there.
  private static func fitting(_ lines: [PaintedLine], rows: Int) -> [PaintedLine] {
    guard lines.count > rows else { return lines }
    let shown = lines.prefix(rows - 1)
    return shown + ["... \(lines.count - shown.count) more lines: enlarge the window, or leave --watch away"]
  }

  /// Of the terminal, 24 by 80 where it does not say.
  static var size: (rows: Int, columns: Int) {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 1, size.ws_col > 0 else {
      return (24, 80)
    }
    return (Int(size.ws_row), Int(size.ws_col))
  }
}
