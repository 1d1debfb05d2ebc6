/// Jobs that were under way, alone, when a process ended without a goodbye.
struct Suspects: Equatable {
  /// More would be no suspicion but a broken host.
  static let most = 16

  private var jobs: [Int64]

  /// As `text` writes it; what is no number is nobody.
  init(text: String) { jobs = text.split(separator: ",").compactMap { Int64($0) } }

  var text: String { jobs.map { String($0) }.joined(separator: ",") }

  /// True where it was accused before: then it is poison, and no suspect any more.
  mutating func accuse(_ job: Int64) -> Bool {
    if clear(job) { return true }
    jobs = (jobs + [job]).suffix(Self.most)
    return false
  }

  /// Its attempt has ended, and the process has not. True where it was accused.
  @discardableResult
  mutating func clear(_ job: Int64) -> Bool {
    guard jobs.contains(job) else { return false }
    jobs.removeAll { $0 == job }
    return true
  }
}
