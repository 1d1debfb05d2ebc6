internal import Glibc

/// The descriptors 0, 1 and 2.
enum StandardStreams {
  /// Opens /dev/null for each that the caller left closed. To be called before anything else is opened: the
  /// first socket or secret file would get the number, and log lines and messages would be written into it.
  static func hold() {
    var descriptor = open("/dev/null", O_RDWR)
    while descriptor >= 0, descriptor <= 2 { descriptor = open("/dev/null", O_RDWR) }
    if descriptor > 2 { close(descriptor) }
  }
}
