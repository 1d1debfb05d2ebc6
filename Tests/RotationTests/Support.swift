import Foundation
import Signing
import Testing

@testable import Rotation
@testable import Secrets

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

  func confirmJournal(began: Int64) throws(Unconfirmed) {
    let journal = try? folder.journal()
    guard !isSilentAboutJournal, journal?.began == began else { throw Unconfirmed("no journal seen") }
    let why = journal?.compromised == true ? "compromised " : ""
    events.append("\(why)journal \(journal?.step.rawValue ?? "")")
  }

  func confirmSecret(fingerprint: String) throws(Unconfirmed) {
    let current = try? folder.secrets().first?.fingerprint
    guard !isSilentAboutSecret, current == fingerprint else { throw Unconfirmed("no secret seen") }
    events.append("secret \(fingerprint)")
  }

  private(set) var endings = 0

  func rotationEnded() {
    // Told too early it would see the journal still.
    if (try? folder.journal()) == nil { endings += 1 }
  }
}
