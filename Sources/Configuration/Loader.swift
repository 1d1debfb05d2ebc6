internal import Formats
public import Gateway
public import Secrets
internal import Signing

/// A configuration with its secrets: everything that the gateway runs on, read and checked as a whole.
public struct Loaded: Sendable {
  public let configuration: Configuration
  public let warnings: [Problem]
  /// What `check` alone tells.
  public let advice: [Problem]
  public let snapshot: Snapshot
  /// The state in which each secret file was read; positions as in `snapshot.secrets`.
  public let identities: [SecretFileState]
  let parsed: ParsedConfiguration

  init(_ parsed: ParsedConfiguration, snapshot: Snapshot, identities: [SecretFileState]) {
    configuration = parsed.configuration
    warnings = parsed.warnings
    advice = parsed.advice
    self.snapshot = snapshot
    self.identities = identities
    self.parsed = parsed
  }
}

/// Everything that keeps a configuration from being used.
public struct LoadFailure: Error, Sendable, Equatable, CustomStringConvertible {
  public let problems: Problems
  /// Of one secret file that was read anew: how long it lasts.
  public private(set) var cause = FileProblem.Cause.content

  init(problems: Problems, cause: FileProblem.Cause = .content) {
    self.problems = problems
    self.cause = cause
  }

  /// sysexits: 77 (EX_NOPERM) when permissions are all that is missing, else 78 (EX_CONFIG).
  public var exitCode: Int32 { problems.all.allSatisfy { $0.kind == .permission } ? 77 : 78 }

  public var description: String { problems.description }
}

/// The one way from files to a snapshot: for start, `check` and reload.
public enum Loader {
  /// - Parameters:
  ///   - environment: its variables that begin with `VESIGATE_` override settings.
  ///   - previous: what is in force. A secret file whose content is the same keeps its `SecretSet`, the snapshot
  ///     counts on from there, and nothing of it is changed.
  /// - Throws: all problems together; those of two routes' secrets only where there are no others.
  public static func load(
    configPath: String, environment: [String: String] = [:], previous: Loaded? = nil
  ) throws(LoadFailure) -> Loaded {
    let report = Report(file: configPath)
    let bytes: [UInt8]
    do { bytes = try ConfigurationFile.bytes(configPath) } catch { throw LoadFailure(problems: error) }
    guard let draft = ConfigurationDraft.read(bytes, environment: environment, report: report) else {
      throw LoadFailure(problems: Problems(report.problems))
    }
    let contents = readSecretFiles(draft, report)
    for files in draft.sources.flatMap(\.tlsFiles) { files.judge(report) }
    guard report.isEmpty else { throw LoadFailure(problems: Problems(report.problems)) }
    let sets = secretSets(draft, contents, previous, report)
    guard report.isEmpty else { throw LoadFailure(problems: Problems(report.problems)) }
    let parsed = draft.parsed(report)
    let generation = (previous?.snapshot.generation ?? 0) + 1
    let snapshot = parsed.configuration.snapshot(secrets: sets, generation: generation)
    let conflicts = Conflicts.problems(parsed, snapshot)
    guard conflicts.isEmpty else { throw LoadFailure(problems: Problems(conflicts)) }
    let identities = parsed.configuration.secretFiles.compactMap { contents[$0.path]?.identity }
    return Loaded(parsed, snapshot: snapshot, identities: identities)
  }

  /// Each file once; a problem is reported at the first route that names the file.
  private static func readSecretFiles(
    _ draft: ConfigurationDraft, _ report: Report
  ) -> [String: SecretFile.Content] {
    var contents: [String: SecretFile.Content] = [:]
    var seen: Set<String> = []
    for (route, sources) in zip(draft.configuration.routes, draft.sources)
    where !route.secretFile.isEmpty && seen.insert(route.secretFile).inserted {
      do {
        contents[route.secretFile] = try SecretFile.read(route.secretFile)
      } catch {
        report.refuse(
          sources.secretFile,
          error.description
            + (error.lacksSecret ? "; enter it by " + command(entering: route, draft, report) : ""),
          kind: Problem.Kind(error.kind))
      }
    }
    return contents
  }

  /// What an operator types to give a route its secret.
  private static func command(
    entering route: RouteSettings, _ draft: ConfigurationDraft, _ report: Report
  ) -> String {
    // Routes for several hosts may have one path; the command takes the first that has it.
    let isFirst =
      draft.configuration.routes.first { $0.path == route.path }?.secretFile == route.secretFile
    let which = isFirst ? ["--route", route.path.text] : ["--secret-file", route.secretFile]
    let config = report.file == Configuration.fileDefault ? [] : ["--config", report.file]
    return (["vesigate", "secret", "set"] + which + config).map(\.shellWord).joined(separator: " ")
  }

  private static func secretSets(
    _ draft: ConfigurationDraft, _ contents: [String: SecretFile.Content], _ previous: Loaded?,
    _ report: Report
  ) -> [SecretSet] {
    let (files, ofRoutes) = draft.configuration.secretFileIndexes
    var sets: [SecretSet] = []
    for (index, file) in files.enumerated() {
      guard let content = contents[file.path] else { continue }
      do throws(SecretFileProblem) {
        sets.append(try content.secretSet(file, after: previous))
        warn(of: content, file, at: draft, ofRoutes.firstIndex(of: index), report)
      } catch {
        guard let route = ofRoutes.firstIndex(of: index) else { continue }
        report.refuse(draft.sources[route].secretFile, error.description)
      }
    }
    return sets
  }

  private static func warn(
    of content: SecretFile.Content, _ file: SecretFileSettings, at draft: ConfigurationDraft, _ route: Int?,
    _ report: Report
  ) {
    guard let route else { return }
    for sentence in content.warnings(keyDecoding: file.keyDecoding) {
      report.warn(draft.sources[route].secretFile, sentence)
    }
  }
}

extension SecretFile.Content {
  /// The set for one configured file; the previous one where it holds the same.
  func secretSet(
    _ file: SecretFileSettings, after previous: Loaded?
  ) throws(SecretFileProblem) -> SecretSet {
    let index = previous?.configuration.secretFiles.firstIndex(of: file)
    guard let index, let old = previous?.snapshot.secrets[index] else {
      return try secretSet(keyDecoding: file.keyDecoding)
    }
    let new = try secretSet(
      keyDecoding: file.keyDecoding, generation: old.generation + 1, after: old.rotation)
    return new.holdsSame(as: old) ? old : new
  }
}

extension Loaded {
  /// The same settings with one secret file read anew. Where its secrets are the same, only the identity
  /// changes and the snapshot stays the one it is.
  ///
  /// - Parameter index: a position in `snapshot.secrets`.
  /// - Throws: what is wrong with the file's lines, or the conflicts with another route.
  public func replacing(
    secretFile index: Int, with content: SecretFile.Content
  ) throws(LoadFailure) -> Loaded {
    let file = configuration.secretFiles[index]
    var identities = identities
    identities[index] = content.identity
    let set: SecretSet
    do { set = try content.secretSet(file, after: self) } catch { throw failure(error, secretFile: index) }
    guard set !== snapshot.secrets[index] else {
      return Loaded(parsed, snapshot: snapshot, identities: identities)
    }
    let snapshot = snapshot.replacing(set, at: index)
    let conflicts = Conflicts.problems(parsed, snapshot)
    // The other route's secret may change, and this file stay as it is.
    guard conflicts.isEmpty else { throw LoadFailure(problems: Problems(conflicts), cause: .surroundings) }
    return Loaded(parsed, snapshot: snapshot, identities: identities)
  }

  /// A secret file that was read anew.
  public struct Reread {
    public let loaded: Loaded
    /// What is odd about it.
    public let warnings: [String]
    /// Whether what stands beside it could be read as well.
    public let isWhole: Bool
  }

  /// Reads one secret file anew and puts it in.
  ///
  /// - Throws: as `replacing`, and where the file cannot be read.
  public func rereading(secretFile index: Int) throws(LoadFailure) -> Reread {
    let file = configuration.secretFiles[index]
    let content: SecretFile.Content
    do { content = try SecretFile.read(file.path) } catch { throw failure(error, secretFile: index) }
    let loaded = try replacing(secretFile: index, with: content)
    return Reread(
      loaded: loaded, warnings: content.warnings(keyDecoding: file.keyDecoding), isWhole: content.isWhole)
  }

  /// The same, in a state that no look finds: the next one reads the file anew.
  public func unlike(secretFile index: Int) -> Loaded {
    var identities = identities
    identities[index] = identities[index].unlikeBeside
    return Loaded(parsed, snapshot: snapshot, identities: identities)
  }

  /// The same secrets, under the journal that stands beside a file which cannot be taken itself: that a secret is
  /// compromised must be heard all the same, and stays so until there is another. A journal that cannot be read
  /// either may say just that.
  public func hearing(journalOfSecretFile index: Int) -> Loaded {
    let set = snapshot.secrets[index]
    let notice = SecretSet.rotation(Journal.beside(set.path), after: set.rotation)
    guard notice != set.rotation else { return self }
    return Loaded(parsed, snapshot: snapshot.replacing(set.under(notice), at: index), identities: identities)
  }

  private func failure(_ problem: SecretFileProblem, secretFile index: Int) -> LoadFailure {
    let route = configuration.secretFileIndexes.ofRoutes.firstIndex(of: index) ?? 0
    let source = parsed.sources[route].secretFile
    return LoadFailure(
      problems: Problems([
        Problem(
          file: parsed.file, place: source.place, path: source.path, sentence: problem.description,
          kind: Problem.Kind(problem.kind))
      ]), cause: problem.cause)
  }
}

extension SecretSet {
  fileprivate static func rotation(_ found: Journal.Found, after old: RotationNotice?) -> RotationNotice? {
    switch found {
    case .none: return old?.isCompromised == true ? old : nil
    case .unread(var journal, _):
      journal.compromised = true
      return old ?? journal.notice
    case .read(var journal), .foreign(var journal):
      journal.compromised = journal.compromised || old?.isCompromised == true
      return journal.notice
    }
  }

  fileprivate func under(_ rotation: RotationNotice?) -> SecretSet {
    SecretSet(
      path: path, lines: lines, keys: keys, previous: previous, rotation: rotation, generation: generation + 1
    )
  }
}

extension String {
  /// As a shell reads it back.
  public var shellWord: String {
    let isPlain = utf8.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || "/._-".utf8.contains($0) }
    if isPlain, !isEmpty { return self }
    return "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}
