internal import Configuration
internal import Formats
internal import Gateway
internal import Operations
internal import Queue
internal import Signing

/// What TAB offers where only the configuration or the running daemon knows it. Without a word where neither can be
/// asked, and never for long: a shell waits.
enum Completions {
  private static let secondsMax = 5
  private static let offeredMax = 200

  // MARK: Of the configuration

  static func routes(_ words: [String]) -> [String] {
    offered(configuration(words)?.routes.map(\.path.text))
  }

  /// As the log calls them.
  static func routeNames(_ words: [String]) -> [String] {
    offered(configuration(words)?.routes.map { ($0.host ?? "") + $0.path.text })
  }

  static func secretFiles(_ words: [String]) -> [String] {
    offered(configuration(words)?.secretFiles.map(\.path))
  }

  /// Of the route that is named, or of the only one.
  static func events(_ words: [String]) -> [String] {
    let routes = configuration(words)?.routes ?? []
    let route = routes.first { words.contains($0.path.text) } ?? routes.first
    return offered(SampleDelivery.events(of: route?.layout ?? .vesicash))
  }

  // MARK: Of the daemon

  /// Those that the command could be about.
  static func deliveries(_ words: [String]) -> [String] {
    var request = QueueRequest(.list)
    let change = QueueChange.allCases.first { words.contains($0.verb.rawValue) }
    request.state = change?.standardState.name
    request.limit = offeredMax
    let ids = (try? client(words)?.ask(request, secondsMax: secondsMax))?.jobs.map(\.id)
    return offered((change == .resume ? replays(words) : []) + (ids ?? []))
  }

  static func replays(_ words: [String]) -> [String] {
    let answer = try? client(words)?.ask(QueueRequest(.replays), secondsMax: secondsMax)
    return offered(answer?.replays.map { "\($0.replay)" })
  }

  static func quarantined(_ words: [String]) -> [String] {
    var request = QuarantineRequest(.list)
    request.limit = offeredMax
    let answer = try? client(words)?.ask(request, secondsMax: secondsMax)
    return offered(answer?.deliveries.map(\.id))
  }

  static func fingerprints(_ words: [String]) -> [String] {
    let answer = try? client(words)?.ask(.secrets, secondsMax: secondsMax)
    return offered(answer?.files.flatMap(\.fingerprints))
  }

  // MARK: Whom to ask

  private static func configuration(_ words: [String]) -> Configuration? {
    try? ConfigurationFile.load(configPath(words), environment: ProcessEnvironment.read()).configuration
  }

  private static func client(_ words: [String]) -> ControlClient? {
    ControlPlace(configPath: configPath(words)).socketAsWritten.map { ControlClient(path: $0) }
  }

  /// What `--config` names on the line that is being typed, whether it is quoted or not.
  static func configPath(_ words: [String]) -> String {
    for (word, next) in zip(words, words.dropFirst()) where word == "-c" || word == "--config" {
      // Some shells take the equals sign for a word of its own.
      guard next == "=" else { return unquoted(next) }
      return words.firstIndex(of: "=").flatMap { words[($0 + 1)...].first }.map(unquoted) ?? ""
    }
    let joined = words.first { $0.hasPrefix("--config=") }?.dropFirst("--config=".count)
    return joined.map { unquoted(String($0)) } ?? Configuration.fileDefault
  }

  private static func unquoted(_ word: String) -> String { word.filter { !"'\"\\".contains($0) } }

  /// A shell expands what it is offered: nothing goes there that could be more than a word.
  static func offered(_ words: [String]?) -> [String] {
    var seen: Set<String> = []
    return (words ?? []).prefix(offeredMax).filter { word in
      !word.isEmpty && word.utf8.count <= 256 && word.utf8.allSatisfy(isPlain) && seen.insert(word).inserted
    }
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    byte.isASCIILetter || byte.isASCIIDigit || "/-_.:,+@%*".utf8.contains(byte)
  }
}
