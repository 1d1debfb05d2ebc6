internal import Glibc

/// How many descriptors the process may have open.
public enum DescriptorLimit {
  /// Raises the soft limit to the hard one.
  ///
  /// - Returns: a sentence for the operator when that is fewer than `needed`, else nil.
  public static func raise(needed: Int) -> String? {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
    limit.rlim_cur = limit.rlim_max
    _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    return warning(available: Int(clamping: limit.rlim_cur), needed: needed)
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
public enum CoreDumps {
  /// Sets RLIMIT_CORE to 0, for good. Where core_pattern is a pipe the kernel ignores this limit, so the
  /// caller makes the process undumpable as well.
  public static func forbid() {
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
  }
}
