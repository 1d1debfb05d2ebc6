/// The idle easy handles of one upstream.
final class HandlePool {
  var idle: [Transfer] = []
  /// No configuration names the upstream any more.
  var isRetired = false
}
