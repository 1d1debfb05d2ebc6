internal import Secrets

/// The configuration's file.
public enum ConfigurationFile {
  /// Reads the file and checks its content; the problems name it as `path` does.
  ///
  /// - Throws: every problem at once.
  public static func load(
    _ path: String, environment: [String: String] = [:]
  ) throws(Problems) -> ParsedConfiguration {
    try Configuration.parse(bytes(path), file: path, environment: environment)
  }

  /// The control socket of the daemon that runs on this file; nil when it is switched off. Whether the rest
  /// of the file can be used is for the daemon to judge, so that it knows, and can tell, what was asked of it.
  ///
  /// - Throws: the file's problems, where they leave open which daemon is meant.
  public static func control(
    _ path: String, environment: [String: String] = [:]
  ) throws(Problems) -> String? {
    let report = Report(file: path)
    let draft = ConfigurationDraft.read(try bytes(path), environment: environment, report: report)
    guard let draft, draft.configuration.control != nil || report.isEmpty else {
      throw Problems(report.problems)
    }
    return draft.configuration.control
  }

  /// What the line `control:` of a file says that is no YAML as it stands, as while somebody edits it; nil where
  /// there is none that names a socket.
  public static func controlLine(_ path: String) -> String? {
    guard let bytes = try? bytes(path) else { return nil }
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let text = String(decoding: line.prefix(4_096), as: UTF8.self)
      guard text.hasPrefix("control:") else { continue }
      let word = text.dropFirst("control:".count).split { " \t\r\"'".contains($0) }.first
      guard let word, word.hasPrefix("/"), word.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
        return nil
      }
      return String(word)
    }
    return nil
  }

  static func bytes(_ path: String) throws(Problems) -> [UInt8] {
    do {
      return try RegularFile(path).read(bytesMax: YAMLComposer.fileBytesMax)
    } catch {
      // Nobody named it, so nobody is looking for a slip in its name.
      let isForgotten = path == Configuration.fileDefault && error.sentence == FileProblem.absent
      let remedy = isForgotten ? "; --config names another file" : ""
      throw Problems([
        Problem(
          file: path, place: .wholeFile, path: "", sentence: error.sentence + remedy,
          kind: Problem.Kind(error.kind))
      ])
    }
  }
}
