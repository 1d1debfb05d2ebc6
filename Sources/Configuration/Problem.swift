internal import Secrets

/// Where a setting was written.
public enum Place: Sendable, Equatable {
  /// Both count from 1; columns count characters.
  case position(line: Int, column: Int)
  /// The environment variable of this name.
  case environment(String)
  case wholeFile

  var line: Int { if case .position(let line, _) = self { line } else { 0 } }
  var column: Int { if case .position(_, let column) = self { column } else { 0 } }
}

/// One thing that is wrong with a configuration, as a sentence whose subject is the setting at `path`.
public struct Problem: Error, Sendable, Equatable, CustomStringConvertible {
  /// What the exit code is chosen by.
  public enum Kind: Sendable, Equatable {
    case configuration
    /// A file may not be read, or too many may read it.
    case permission

    init(_ kind: FileProblem.Kind) {
      switch kind {
      case .configuration: self = .configuration
      case .permission: self = .permission
      }
    }
  }

  /// The configuration file as the operator named it.
  public let file: String
  public let place: Place
  /// `routes[1].upstreams`; empty where the file as a whole is meant.
  public let path: String
  /// It never quotes a value: an operator may have put a secret in the wrong place.
  public let sentence: String
  public let kind: Kind

  public init(file: String, place: Place, path: String, sentence: String, kind: Kind = .configuration) {
    self.file = file
    self.place = place
    self.path = path
    self.sentence = sentence
    self.kind = kind
  }

  public var line: Int { place.line }
  public var column: Int { place.column }

  /// `vesigate.yaml:12:5 routes[1].upstreams: must name at least one URL`
  public var description: String {
    switch place {
    case .environment(let name): "environment \(name): \(sentence)"
    case .wholeFile: path.isEmpty ? "\(file): \(sentence)" : "\(file): \(path): \(sentence)"
    case .position(let line, let column):
      path.isEmpty
        ? "\(file):\(line):\(column): \(sentence)" : "\(file):\(line):\(column) \(path): \(sentence)"
    }
  }
}

/// Everything that is wrong with one configuration, in the order of the file.
public struct Problems: Error, Sendable, Equatable, CustomStringConvertible {
  public let all: [Problem]

  /// Sorts by position; what has none comes first.
  public init(_ problems: [Problem]) {
    all = Problems.sorted(problems)
  }

  /// One problem a line.
  public var description: String { all.map(\.description).joined(separator: "\n") }

  static func sorted(_ problems: [Problem]) -> [Problem] {
    problems.enumerated().sorted { left, right in
      (left.element.line, left.element.column, left.offset)
        < (right.element.line, right.element.column, right.offset)
    }.map(\.element)
  }
}

/// Where a setting stands, and its path: problems that show only when all is read are reported there.
struct SourcePlace: Sendable, Equatable {
  var place: Place
  var path: String
}

/// Gathers the problems and warnings of one configuration while it is read.
final class Report {
  /// More than these help nobody; the last one says how many were left out.
  static let problemsMax = 200

  let file: String
  private var gathered: [Problem] = []
  private var leftOut = 0
  private(set) var warnings: [Problem] = []
  /// What may be right where it stands and is not often: told to whoever has the file checked.
  private(set) var advice: [Problem] = []

  init(file: String) { self.file = file }

  var isEmpty: Bool { gathered.isEmpty }

  var problems: [Problem] {
    guard leftOut > 0 else { return Problems.sorted(gathered) }
    let rest = Problem(
      file: file, place: .wholeFile, path: "", sentence: "has \(leftOut) more problems than are shown")
    return Problems.sorted(gathered) + [rest]
  }

  /// Where it stands and what is wrong are only put into words for what is told: a file may hold a million mistakes.
  func refuse(
    _ source: @autoclosure () -> SourcePlace, _ sentence: @autoclosure () -> String,
    kind: Problem.Kind = .configuration
  ) {
    guard gathered.count < Report.problemsMax else {
      leftOut += 1
      return
    }
    let source = source()
    gathered.append(
      Problem(file: file, place: source.place, path: source.path, sentence: sentence(), kind: kind))
  }

  func warn(_ source: @autoclosure () -> SourcePlace, _ sentence: @autoclosure () -> String) {
    guard warnings.count < Report.problemsMax else { return }
    warnings.append(problem(source(), sentence()))
  }

  func advise(_ source: @autoclosure () -> SourcePlace, _ sentence: @autoclosure () -> String) {
    guard advice.count < Report.problemsMax else { return }
    advice.append(problem(source(), sentence()))
  }

  private func problem(_ source: SourcePlace, _ sentence: String) -> Problem {
    Problem(file: file, place: source.place, path: source.path, sentence: sentence)
  }
}
