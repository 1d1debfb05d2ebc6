import ArgumentParser
import Glibc
import Rotation
import Secrets
import Testing

@testable import vesigate

/// What scripts go by.
@Suite struct ExitStatusTests {
  @Test func `the codes are those of sysexits`() {
    let codes: [(ExitCode, Int32)] = [
      (ExitStatus.usage, EX_USAGE), (ExitStatus.data, EX_DATAERR), (ExitStatus.input, EX_NOINPUT),
      (ExitStatus.unavailable, EX_UNAVAILABLE), (ExitStatus.software, EX_SOFTWARE),
      (ExitStatus.cannotCreate, EX_CANTCREAT), (ExitStatus.storage, EX_IOERR),
      (ExitStatus.temporary, EX_TEMPFAIL), (ExitStatus.refusedByAPI, EX_PROTOCOL),
      (ExitStatus.permission, EX_NOPERM), (ExitStatus.configuration, EX_CONFIG),
    ]
    for (code, name) in codes { #expect(code.rawValue == name) }
    #expect(ExitStatus.refused.rawValue == 1 && ExitStatus.shortKey.rawValue == 3)
  }

  @Test(
    arguments: [
      (FileFailure.Kind.permission, 77), (.readOnly, 73), (.storage, 74), (.configuration, 78),
    ] as [(FileFailure.Kind, Int32)])
  func `a file operation that failed ends with the code of what it failed at`(
    kind: FileFailure.Kind, code: Int32
  ) {
    #expect(kind.exitCode.rawValue == code)
  }

  /// Whoever sees 75 may try again; whoever sees 69, 76 or 77 knows that nothing rotated.
  @Test(
    arguments: [
      (ProviderRefusal.Kind.unreachable, 69), (.unauthorized, 77), (.tooMany, 75), (.rejected, 76),
    ] as [(ProviderRefusal.Kind, Int32)])
  func `what an API refuses ends with the code of its kind`(kind: ProviderRefusal.Kind, code: Int32) {
    #expect(kind.exitCode.rawValue == code)
  }
}
