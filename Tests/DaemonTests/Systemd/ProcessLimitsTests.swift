import Glibc
import Testing

@testable import vesigate

@Test(arguments: [(36, 1, 1), (9, 1, 1), (1311, 256, 1), (59, 4, 3), (0, 2, 1)])
func `too few descriptors for the event loops are a shortage that says what to do`(
  available: Int, workers: Int, listening: Int
) {
  let sentence = DescriptorLimit.shortage(available: available, workers: workers, listening: listening)
  #expect(sentence?.hasPrefix("only \(available) descriptors may be open at once, \(workers) worker") == true)
  #expect(sentence?.contains("raise LimitNOFILE= of the service (ulimit -n)") == true)
}

@Test(arguments: [(37, 1, 1), (60, 4, 3), (1024, 100, 1), (65_536, 256, 16)])
func `descriptors that suffice for the event loops are no shortage`(
  available: Int, workers: Int, listening: Int
) {
  #expect(DescriptorLimit.shortage(available: available, workers: workers, listening: listening) == nil)
}

@Test func `too few descriptors are a warning that says what to do`() {
  #expect(
    DescriptorLimit.warning(available: 1024, needed: 8292) == """
      only 1024 descriptors may be open at once, the limits need 8292: raise LimitNOFILE= of the \
      service (ulimit -n), or lower connections-max
      """)
  #expect(DescriptorLimit.warning(available: 8292, needed: 8292) == nil)
}

@Test func `the soft limit is raised to the hard one`() async {
  await #expect(processExitsWith: .success) {
    var limit = rlimit(rlim_cur: 100, rlim_max: 200)
    #expect(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
    #expect(DescriptorLimit.raise(needed: 200) == nil)
    #expect(DescriptorLimit.raise(needed: 201)?.hasPrefix("only 200 descriptors") == true)
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    #expect(limit.rlim_cur == 200)
  }
}

@Test func `core files are forbidden for good`() async {
  await #expect(processExitsWith: .success) {
    CoreDumps.forbid()
    var limit = rlimit(rlim_cur: 1, rlim_max: 1)
    getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
    #expect(limit.rlim_cur == 0)
    #expect(limit.rlim_max == 0)
  }
}
