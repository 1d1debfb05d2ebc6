internal import ArgumentParser
internal import Glibc
internal import Instants
internal import Rotation
internal import Secrets

/// The further exit codes of sysexits.h that the secret commands use.
extension ExitStatus {
  /// The new secret is in force, and its key is so short that it can be guessed.
  static let shortKey = ExitCode(3)
  /// What was entered cannot be a secret.
  static let data = ExitCode(65)
  /// The file system is read-only.
  static let cannotCreate = ExitCode(73)
  /// The disk is full, or broken.
  static let storage = ExitCode(74)
  /// Try again: the lock is held, the API asks to wait, or the outcome is unknown.
  static let temporary = ExitCode(75)
  /// The API refused the request.
  static let refusedByAPI = ExitCode(76)
}

/// Says what a file operation failed at, and with which code the command ends.
func fail(_ failure: FileFailure) -> ExitCode {
  complain("vesigate: \(failure)")
  return switch failure.kind {
  case .permission: ExitStatus.permission
  case .readOnly: ExitStatus.cannotCreate
  case .storage: ExitStatus.storage
  case .configuration: ExitStatus.configuration
  }
}

extension Refusal.Kind {
  var exitCode: ExitCode {
    switch self {
    case .unreachable: ExitStatus.unavailable
    case .unauthorized: ExitStatus.permission
    case .tooMany: ExitStatus.temporary
    case .rejected: ExitStatus.refusedByAPI
    }
  }
}

/// Times as people read them.
enum TimeText {
  /// `2026-11-21 21:17:26 UTC`
  static func utc(unixMilliseconds: Int64) -> String {
    var seconds = time_t(UnixTime.nearest(unixMilliseconds) / 1000)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday)) "
      + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) UTC"
  }

  /// From one instant to a later one: `3 d`, `5 h`, `7 min`, `12 s`. They may come from anywhere.
  static func age(from earlier: Int64, to later: Int64) -> String {
    age(milliseconds: later.subtractingSaturated(earlier))
  }

  /// `3 d`, `5 h`, `7 min`, `12 s`
  static func age(milliseconds: Int64) -> String {
    let seconds = max(milliseconds / 1000, 0)
    return switch seconds {
    case 172_800...: "\(seconds / 86_400) d"
    case 7_200...: "\(seconds / 3_600) h"
    case 120...: "\(seconds / 60) min"
    default: "\(seconds) s"
    }
  }
}
