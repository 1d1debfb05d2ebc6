import Testing

@testable import Secrets

private let policy = PreviousPolicy(
  isTimestampSigned: true, acceptedSeconds: 900, toleranceSeconds: 300, clockSkewSeconds: 60)

private func entry(_ text: String, until: Int64 = 5_000) -> PreviousSecrets.Entry {
  PreviousSecrets.Entry(signedBefore: 1_000, until: until, secret: secret(text))
}

private func texts(_ previous: PreviousSecrets) -> [String] { previous.entries.map { text($0.secret) } }

@Test func `an old secret is written with the times within which it counts`() {
  let entry = policy.entry(secret("old one"), received: 1_000_000, now: 1_000_500)
  let bytes = PreviousSecrets([entry]).bytes
  // 60 s of skew; the tolerance of 300 s and the skew are less than 900 s.
  #expect(String(decoding: bytes, as: UTF8.self) == "1060000 1360500 old one\n")
}

@Test(arguments: [(900, 300, 360), (100, 300, 100), (900, nil, 900), (0, 300, 0)] as [(Int, Int?, Int)])
func `the shorter of both times counts`(accepted: Int, tolerance: Int?, expected: Int) {
  let policy = PreviousPolicy(
    isTimestampSigned: true, acceptedSeconds: accepted, toleranceSeconds: tolerance, clockSkewSeconds: 60)
  #expect(policy.entry(secret("x"), received: 0, now: 0).until == Int64(expected) * 1_000)
}

@Test func `what was written reads back, blanks in the secret included`() throws {
  let read = try #require(PreviousSecrets(reading: Array("1 2 a  b \n3 4 c\n".utf8)))
  #expect(texts(read) == ["a  b ", "c"])
  #expect(read.entries[0].signedBefore == 1)
  #expect(read.entries[1].until == 4)
  #expect(String(decoding: read.bytes, as: UTF8.self) == "1 2 a  b \n3 4 c\n")
}

@Test(arguments: [
  "x", "1 2", "1 2 ", "1 x a", "1  2 a", "1 2 a\n1 2\n", "1 2 a\r\r\n", "1 2 #a\r\r\n", "1 2 a\0b\n",
  "1 2  \n",
])
func `a file of another form is not read`(text: String) {
  #expect(PreviousSecrets(reading: Array(text.utf8)) == nil)
}

@Test func `the newest come first, the expired, the repeated and the fourth go`() {
  let before = PreviousSecrets([entry("b"), entry("gone", until: 100), entry("c"), entry("d")])
  #expect(texts(before.adding([entry("a")], current: nil, now: 100)) == ["a", "b", "c"])
  #expect(texts(before.adding([entry("c")], current: nil, now: 100)) == ["c", "b", "d"])
  #expect(texts(before.adding([], current: secret("b"), now: 100)) == ["c", "d"])
}

@Test func `adding the same again changes nothing`() {
  let once = PreviousSecrets([entry("b")]).adding([entry("a")], current: secret("n"), now: 0)
  let twice = once.adding([entry("a")], current: secret("n"), now: 0)
  #expect(once.bytes == twice.bytes)
}
