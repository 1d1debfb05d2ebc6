import Foundation
import Signing
import Testing

@testable import Rotation
@testable import Secrets

/// A directory of its own, removed with the last reference.
final class Scratch {
  let directory: String

  init() throws {
    let template = FileManager.default.temporaryDirectory.appendingPathComponent("vesigate-rotation-XXXXXX")
    var path = Array(template.path.utf8CString)
    directory = String(cString: try #require(mkdtemp(&path)))
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }

  var secretPath: String { directory + "/vesicash" }

  func write(_ text: String, to name: String = "vesicash", mode: Int = 0o640) throws {
    let path = directory + "/" + name
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
  }

  func text(_ name: String = "vesicash") -> String? {
    try? String(contentsOfFile: directory + "/" + name, encoding: .utf8)
  }

  func mode(_ name: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: directory + "/" + name)
    return try #require(attributes[.posixPermissions] as? Int)
  }

  var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted()
  }
}

func secret(_ text: String) -> Secret { Secret(Array(text.utf8)) }

func text(_ secret: Secret) -> String { secret.withBytes { String(decoding: $0, as: UTF8.self) } }

/// Gives the answers that it was told, in order; then nothing but "unknown".
final class ScriptedSource: SecretSource {
  var answers: [ProviderAnswer]
  private(set) var attempts: [Int] = []

  init(_ answers: [ProviderAnswer]) { self.answers = answers }

  func newSecret(attempt: Int) -> ProviderAnswer {
    attempts.append(attempt)
    return answers.isEmpty ? .unknown("is out of answers") : answers.removeFirst()
  }
}

/// Looks at the files as the daemon would, unless it is told to be silent.
final class WatchingDaemon: RotationDaemon {
  let folder: SecretFolder
  var isSilentAboutJournal = false
  var isSilentAboutSecret = false
  private(set) var events: [String] = []

  init(_ folder: SecretFolder) { self.folder = folder }

  func confirmJournal(began: Int64) throws(DaemonSilence) {
    let journal = try? folder.journal()
    guard !isSilentAboutJournal, journal?.began == began else { throw DaemonSilence("no journal seen") }
    let why = journal?.compromised == true ? "compromised " : ""
    events.append("\(why)journal \(journal?.step.rawValue ?? "")")
  }

  func confirmSecret(fingerprint: String) throws(DaemonSilence) {
    let current = try? folder.secrets().first?.fingerprint
    guard !isSilentAboutSecret, current == fingerprint else { throw DaemonSilence("no secret seen") }
    events.append("secret \(fingerprint)")
  }

  private(set) var endings = 0

  func rotationEnded() {
    // Told too early it would see the journal still.
    if (try? folder.journal()) == nil { endings += 1 }
  }
}
