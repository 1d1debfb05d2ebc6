import TestSupport

/// A file as the rules see it: its path from the project's root, and its text.
struct TidyFile {
  let path: String
  let text: String
  let lines: [Substring]
  private let bytes: [UInt8]

  init(path: String, text: String) {
    self.path = path
    self.text = text
    lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    bytes = Array(text.utf8)
  }

  /// Whether one of these stands anywhere in it: few files are worth to be read line by line.
  func mentions(_ words: [String]) -> Bool { words.contains { bytes.contains($0) } }

  /// The target that a file below Sources belongs to.
  var room: String? {
    let parts = path.split(separator: "/")
    return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
  }

  var isSwift: Bool { path.hasSuffix(".swift") }
  var isCode: Bool { isSwift || path.hasSuffix(".c") || path.hasSuffix(".h") }
}

/// The rules of the project that a compiler does not know. Each gives the violations it finds in one file.
enum TidyRules {
  static let linesMax = 400
  /// The formatter breaks at 110; this is the end of what a sentence in quotes may stand out.
  static let lineCharactersMax = 120
  /// Tables of literal requests and messages read better unbroken.
  static let testLineCharactersMax = 140

  /// What comes with the toolchain is in no manifest, so SwiftPM's check of imports does not hold it. Of what does I/O,
  /// reads a clock or shares between threads, the core takes nothing but what is named here.
  static let core: [String: Set<String>] = [
    "Formats": [], "HTTP": [], "Signing": [], "Gateway": ["Synchronization"], "Diagnosis": [],
  ]
  static let toolchain: Set<String> = ["Dispatch", "Glibc", "Musl", "Synchronization"]
  /// Nor does it hold the system's libraries: whoever stands above a room may import its door.
  static let doors = ["COpenSSL": "Signing", "CYAML": "Configuration", "CSQLite": "Queue"]

  /// All violations in one file, as `path:line: sentence`.
  static func violations(in file: TidyFile) -> [String] {
    foreignImports(in: file) + unprovenPromises(in: file) + lengths(in: file)
      + unfinishedWork(in: file) + machinePaths(in: file) + lockedClosures(in: file) + ending(in: file)
      + figures(in: file) + uncheckedClocks(in: file) + rawPrints(in: file)
  }

  static func foreignImports(in file: TidyFile) -> [String] {
    guard file.isSwift, let room = file.room else { return [] }
    return numbered(file) { line in
      guard let module = importedModule(line) else { return nil }
      let isForeign = core[room].map { toolchain.subtracting($0).contains(module) } ?? false
      let isOthersDoor = doors[module].map { $0 != room } ?? false
      // The program is linked whole: Foundation would be most of it.
      return isForeign || isOthersDoor || module.hasPrefix("Foundation")
        ? "\(room) must not import \(module)" : nil
    }
  }

  /// The module of an import declaration, whatever its attributes, access level and kind.
  static func importedModule(_ line: Substring) -> String? {
    let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == ";" })
    guard let index = words.firstIndex(of: "import") else { return nil }
    let modifiers: Set<Substring> = ["public", "package", "internal", "fileprivate", "private"]
    guard words[..<index].allSatisfy({ $0.hasPrefix("@") || modifiers.contains($0) }) else { return nil }
    let kinds: Set<Substring> = [
      "struct", "class", "enum", "protocol", "typealias", "func", "var", "let", "actor",
    ]
    let name = words[(index + 1)...].drop(while: kinds.contains).first
    return name?.split(separator: ".").first.map(String.init)
  }

  /// What switches the compiler's proof off needs one in words: a comment on the line or in the five above.
  static func unprovenPromises(in file: TidyFile) -> [String] {
    let promises = ["@unchecked Sendable", "nonisolated(unsafe)", "@preconcurrency"]
    guard file.isSwift, file.room != nil, file.mentions(promises) else { return [] }
    let lines = file.lines
    return lines.indices.compactMap { index in
      let code = lines[index].prefix(upTo: commentStart(lines[index]) ?? lines[index].endIndex)
      guard let promise = promises.first(where: code.contains) else { return nil }
      let near = lines[max(index - 5, 0)...index]
      guard !near.contains(where: { commentStart($0) != nil }) else { return nil }
      return "\(file.path):\(index + 1): \(promise) without a comment that proves it"
    }
  }

  private static func commentStart(_ line: Substring) -> Substring.Index? {
    zip(line.indices, line.indices.dropFirst()).first { line[$0] == "/" && line[$1] == "/" }?.0
  }

  static func lengths(in file: TidyFile) -> [String] {
    guard file.isCode else { return [] }
    let count = file.lines.count - 1
    let long =
      file.room != nil && count > linesMax
      ? ["\(file.path):\(count): \(count) lines, more than \(linesMax)"] : []
    let charactersMax = file.path.hasPrefix("Tests/") ? testLineCharactersMax : lineCharactersMax
    return long
      + numbered(file) { line in
        // Bytes first: to count characters takes long.
        line.utf8.count > charactersMax && line.count > charactersMax
          ? "\(line.count) characters, more than \(charactersMax)" : nil
      }
  }

  static func unfinishedWork(in file: TidyFile) -> [String] {
    // In pieces, so that this file does not find itself.
    let words = ["TO" + "DO", "FIX" + "ME", "X" + "XX"]
    guard file.isCode, file.mentions(words) else { return [] }
    return numbered(file) { line in
      words.first { word in
        line.split(whereSeparator: { !$0.isLetter }).contains(Substring(word))
      }.map { "\($0): an issue is the place for this" }
    }
  }

  /// Where it was built is nobody's business, and works nowhere else.
  static func machinePaths(in file: TidyFile) -> [String] {
    let prefixes = ["/wo" + "rk/", "/tmp/" + "wt"]
    guard file.mentions(prefixes) else { return [] }
    return numbered(file) { line in
      prefixes.first { prefix in
        line.ranges(of: prefix).contains { range in
          // `docs` + the first prefix would be a path of the project's own.
          guard let before = line[..<range.lowerBound].last else { return true }
          return !(before.isLetter || before.isNumber || before == "." || before == "-")
        }
      }.map { "a path of one machine: \($0)" }
    }
  }

  /// A lock that holds a closure itself: each time it is taken, the closure is converted on its way out and once more
  /// on its way back, so that what is stored is wrapped anew, and costs more memory and more stack, for ever. What a
  /// struct holds stays as it is.
  static func lockedClosures(in file: TidyFile) -> [String] {
    let locks = ["Mutex<(", "NIOLockedValueBox<(", "NIOLoopBoundBox<("]
    guard file.isSwift, file.room != nil, file.mentions(locks) else { return [] }
    return numbered(file) { line in
      let isLocked = locks.contains { line.contains($0) }
      return isLocked && line.contains("->") ? "a closure in a lock grows: let a struct hold it" : nil
    }
  }

  /// What a program takes of memory and time says something only while nothing else runs.
  static let measures = [
    ".resident" + "Bytes", "least" + "Growth(", "Rss" + "File", "Vm" + "RSS", "Vm" + "HWM",
    "processor" + "Seconds(of", "process_cpu" + "_seconds", "Dispatch" + "Time", "Continuous" + "Clock",
    "Suspending" + "Clock",
  ]
  /// These can be compared with each other too, or bounded from below, or be a limit that no load moves.
  static let comparables = [
    "cpu" + "Seconds", ".loop" + "Seconds", "clock_" + "gettime(", ".timeInterval" + "Since(",
    ".timeInterval" + "SinceNow",
    "system" + "Uptime", "--a" + "s=",
  ]

  /// Tests that run beside others measure nothing, unless a comment on the line or in the five above says what load
  /// does to it, in this word.
  static func figures(in file: TidyFile) -> [String] {
    let places = ["Alone.swift", "Slow.swift"]
    guard file.isSwift, file.path.hasPrefix("Tests/"), !file.path.hasPrefix("Tests/TestSupport/"),
      !places.contains(where: file.path.hasSuffix), file.mentions(measures + comparables)
    else { return [] }
    let lines = file.lines
    return lines.indices.compactMap { index in
      guard !lines[index].contains("static func") else { return nil }
      if let word = measures.first(where: lines[index].contains) {
        return "\(file.path):\(index + 1): \(word) is for suites that run alone: their names end with Alone"
      }
      guard let word = comparables.first(where: lines[index].contains) else { return nil }
      let isExplained = lines[max(index - 5, 0)...index].contains { line in
        commentStart(line).map { line[$0...].lowercased().contains("load") } ?? false
      }
      return isExplained
        ? nil : "\(file.path):\(index + 1): \(word) without a comment that says what load does to it"
    }
  }

  /// What a wall clock or a file's date says is multiplied in one place, which knows that it may be anything. Clocks
  /// that begin with the machine or the process end before 64 bits do.
  static func uncheckedClocks(in file: TidyFile) -> [String] {
    guard file.isSwift, let room = file.room, room != "Formats",
      file.mentions(["CLOCK_REALTIME", "tim.tv_sec", "timespec"]),
      !file.mentions(["CLOCK_MONOTONIC", "CLOCK_PROCESS_CPUTIME_ID"])
    else { return [] }
    return numbered(file) { line in
      // Reading it, not filling it in.
      line.contains(".tv_sec") && [" * ", " + "].contains { line.contains($0) }
        ? "seconds of a clock or a file: UnixTime.milliseconds takes them, whatever they are" : nil
    }
  }

  /// What commands print goes through `print` of the program's own, which shows a terminal nothing that it obeys.
  static func rawPrints(in file: TidyFile) -> [String] {
    guard file.room == "vesigate", !file.path.hasSuffix("/Printing.swift") else { return [] }
    return numbered(file) { line in
      ["Swift.print(", "fputs(", "FileHandle"].contains { line.contains($0) }
        ? "print and complain escape what they show, this does not" : nil
    }
  }

  static func ending(in file: TidyFile) -> [String] {
    guard !file.text.isEmpty, file.text.utf8.last != UInt8(ascii: "\n") else { return [] }
    return ["\(file.path):\(file.lines.count): no line feed at the end of the file"]
  }

  private static func numbered(_ file: TidyFile, _ check: (Substring) -> String?) -> [String] {
    file.lines.enumerated().compactMap { index, line in
      check(line).map { "\(file.path):\(index + 1): \($0)" }
    }
  }
}
