internal import ArgumentParser

/// A yes to what cannot be taken back.
enum Agreement {
  /// The command ends where it is a no.
  static func ask(_ question: String) throws {
    guard !SecretEntry.confirm(question) else { return }
    complain("nothing was done")
    throw ExitStatus.refused
  }

  /// In place of the question, where nothing is to be done.
  static func sayWhatIsMeant(_ count: Int) {
    print("\(count) \(count == 1 ? "is" : "are") meant; nothing was done")
  }
}
