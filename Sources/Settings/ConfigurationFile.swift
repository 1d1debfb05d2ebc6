internal import Glibc

/// The configuration's file.
public enum ConfigurationFile {
  /// Reads the file and checks its content; the problems name it as `path` does.
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

  static func bytes(_ path: String) throws(Problems) -> [UInt8] {
    do {
      return try RegularFile(path).read(bytesMax: YAMLComposer.fileBytesMax)
    } catch {
      throw Problems([
        Problem(file: path, place: .wholeFile, path: "", sentence: error.sentence, kind: error.kind)
      ])
    }
  }
}
