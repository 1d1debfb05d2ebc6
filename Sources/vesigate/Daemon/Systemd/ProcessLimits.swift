internal import Glibc

/// How many descriptors the process may have open.
enum DescriptorLimit {
  /// Raises the soft limit to the hard one.
  ///
  /// - Returns: a sentence for the operator when that is fewer than `needed`, else nil.
  static func raise(needed: Int) -> String? {
    raised().flatMap { warning(available: $0, needed: needed) }
  }

  /// Raises it. Event loops are made of descriptors, and nothing can be done where they get none.
  ///
  /// - Returns: a sentence for the operator where there are not enough for `workers` loops, else nil.
  static func shortage(workers: Int, listening: Int) -> String? {
    raised().flatMap { shortage(available: $0, workers: workers, listening: listening) }
  }

  /// What the program always has open, 14, and some to work with: a delivery or two, the files that a reload reads,
  /// who asks for the status.
  private static let besides = 32
  /// A loop's epoll, what wakes it, and the pair that libcurl opens with its first connection.
  private static let perWorker = 4

  /// So many it takes to start and to serve: each of `workers` loops has each of `listening` sockets once more.
  static func least(workers: Int, listening: Int) -> Int {
    besides + workers * (perWorker + listening)
  }

  static func shortage(available: Int, workers: Int, listening: Int) -> String? {
    let needed = least(workers: workers, listening: listening)
    guard available < needed else { return nil }
    let count = workers == 1 ? "1 worker needs" : "\(workers) workers need"
    return """
      only \(available) descriptors may be open at once, \(count) \(needed) to start: \
      raise LimitNOFILE= of the service (ulimit -n)\(workers == 1 ? "" : ", or lower workers")
      """
  }

  /// How many there may be now; nil where nobody says.
  private static func raised() -> Int? {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
    limit.rlim_cur = limit.rlim_max
    _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    return Int(clamping: limit.rlim_cur)
  }

  static func warning(available: Int, needed: Int) -> String? {
    guard available < needed else { return nil }
    return """
      only \(available) descriptors may be open at once, the limits need \(needed): \
      raise LimitNOFILE= of the service (ulimit -n), or lower connections-max
      """
  }
}

/// Core files would hold secrets and bodies.
enum CoreDumps {
  /// Sets RLIMIT_CORE to 0, for good. Where core_pattern is a pipe the kernel ignores this limit, so the
  /// caller makes the process undumpable as well.
  static func forbid() {
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
  }
}
