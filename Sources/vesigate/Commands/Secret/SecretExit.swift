internal import ArgumentParser
internal import Glibc
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
  return failure.kind.exitCode
}

extension FileFailure.Kind {
  var exitCode: ExitCode {
    switch self {
    case .permission: ExitStatus.permission
    case .readOnly: ExitStatus.cannotCreate
    case .storage: ExitStatus.storage
    case .configuration: ExitStatus.configuration
    }
  }
}

extension ProviderRefusal.Kind {
  var exitCode: ExitCode {
    switch self {
    case .unreachable: ExitStatus.unavailable
    case .unauthorized: ExitStatus.permission
    case .tooMany: ExitStatus.temporary
    case .rejected: ExitStatus.refusedByAPI
    }
  }
}
