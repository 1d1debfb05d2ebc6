// Whether ThreadSanitizer is awake: two threads count behind a lock; told to, they also count without one.
import Glibc
import Synchronization

final class Counted: @unchecked Sendable {
  let guarded = Mutex<[String: Int]>([:])
  var bare = 0
}

let counted = Counted()
let isPlanted = CommandLine.arguments.contains("planted")

func count() {
  for _ in 0..<1_000 {
    counted.guarded.withLock { $0["all", default: 0] += 1 }
    if isPlanted { counted.bare += 1 }
  }
}

var threads: [pthread_t] = []
for _ in 0..<2 {
  var thread = pthread_t()
  pthread_create(
    &thread, nil,
    { _ in
      count()
      return nil
    }, nil)
  threads.append(thread)
}
for thread in threads { pthread_join(thread, nil) }
