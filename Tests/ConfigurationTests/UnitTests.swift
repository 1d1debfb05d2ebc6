import Gateway
import Signing
import TestSupport
import Testing

@testable import Configuration

@Suite struct UnitTests {
  private func limits(_ line: String) -> String {
    configuration(top: "limits: {\(line)}")
  }

  @Test(arguments: [
    ("25", 25), ("25s", 25), ("1s", 1), ("5m", 300), ("2h", 7_200), ("1d", 86_400), ("24h", 86_400),
    ("3000ms", 3), ("\"90s\"", 90),
  ])
  func `a time may be written with its unit`(text: String, seconds: Int) throws {
    #expect(try parsed(limits("head-seconds-max: \(text)")).limits.headSecondsMax == seconds)
  }

  @Test(arguments: [
    ("2097152", 2_097_152), ("512B", 512), ("64kB", 64_000), ("64KB", 64_000), ("2MB", 2_000_000),
    ("1GB", 1_000_000_000), ("64KiB", 65_536), ("2MiB", 2_097_152), ("1GiB", 1_073_741_824),
  ])
  func `a size may be written with its unit, of 1000 or of 1024`(text: String, bytes: Int) throws {
    // The largest that is allowed stands beside it.
    let found = try parsed(limits("body-bytes-max: \(text), in-flight-bytes-max: 1TiB")).limits
    #expect(found.bodyBytesMax == bytes && found.inFlightBytesMax == 1 << 40)
  }

  @Test func `hours are counted in whole ones, wherever a number stands`() throws {
    let found = try parsed(
      configuration(
        top: "store: {dead-hours: 30d, delivered-hours: 7d, delivered-body-hours: 86400s}",
        route: """
          signature: {tolerance-seconds: 10m}
          durable: {attempt-seconds-max: 1m, retry: {seconds-max: 5m, hours-max: 3d}}
          dedupe: {hours: 4d}
          body-bytes-max: 1MB
          upstream-idle-seconds-max: 0s
          """))
    #expect(found.store.deadHours == 720 && found.store.deliveredHours == 168)
    #expect(found.store.deliveredBodyHours == 24)
    let route = try #require(found.routes.first)
    #expect(route.layout.tolerance == .seconds(600) && route.dedupe.hours == 96)
    #expect(route.durable?.attemptSecondsMax == 60 && route.durable?.retry.secondsMax == 300)
    #expect(route.durable?.retry.hoursMax == 72 && route.bodyBytesMax == 1_000_000)
    #expect(route.times.upstreamIdleSecondsMax == 0)
  }

  @Test func `the environment is read alike`() throws {
    let found = try parsed(
      configuration(),
      environment: ["VESIGATE_LIMITS_BODY_BYTES_MAX": "2MiB", "VESIGATE_LIMITS_DRAIN_SECONDS_MAX": "1m"])
    #expect(found.limits.bodyBytesMax == 2_097_152 && found.limits.drainSecondsMax == 60)
  }

  private static let ofTimes = ", in seconds, or with a unit right behind it: ms, s, m, h or d"
  private static let ofSizes =
    ", in bytes, or with a unit right behind it: KB, MB, GB or TB, of 1000 each, KiB, MiB, GiB or TiB, of 1024 each"

  @Test(
    arguments: [
      ("head-seconds-max: 25h", ", in seconds"), ("head-seconds-max: 0s", ", in seconds"),
      ("head-seconds-max: 250ms", ", in seconds, and no part of one"),
      ("head-seconds-max: 1001ms", ", in seconds, and no part of one"),
      ("head-seconds-max: 5 parsecs", ofTimes), ("head-seconds-max: 25 s", ofTimes),
      ("head-seconds-max: 25S", ofTimes), ("head-seconds-max: 1.5h", ofTimes),
      ("head-seconds-max: 1h30m", ofTimes), ("head-seconds-max: 025s", ofTimes),
      ("head-seconds-max: 2MB", ofTimes), ("body-bytes-max: 25s", ofSizes), ("body-bytes-max: 2M", ofSizes),
      ("body-bytes-max: 2Mb", ofSizes), ("body-bytes-max: 1.5MB", ofSizes), ("body-bytes-max: 2mib", ofSizes),
      // The sign of kelvin, which a string takes for a K.
      ("body-bytes-max: 2\u{212A}iB", ofSizes),
      ("in-flight-max: 8k", ", without a unit"), ("in-flight-max: 8 s", ", without a unit"),
      ("head-seconds-max: 0", ""), ("head-seconds-max: soon", ""), ("head-seconds-max: -1s", ""),
      ("head-seconds-max: s", ""), ("in-flight-max: 1.5", ""),
      ("head-seconds-max: 999999999999999d", ", in seconds"),
      ("body-bytes-max: 999999999999999TiB", ", in bytes"), ("in-flight-bytes-max: 2TiB", ", in bytes"),
      ("body-bytes-max: 9999999999999999B", ofSizes), ("body-bytes-max: 16777216TiB", ", in bytes"),
    ])
  func `what is no such number is refused, with what might be written`(line: String, ending: String) throws {
    let found = problems(limits(line))
    let path = line.prefix { $0 != ":" }
    let column = 12 + path.count
    let sentence = try #require(found.first)
    #expect(found.count == 1)
    #expect(sentence.hasPrefix("v.yaml:1:\(column) limits.\(path): "), "\(sentence)")
    let range = try #require(sentence.firstMatch(of: #/: must be a whole number from \d+ to \d+(.*)$/#))
    #expect(range.1 == ending, "\(sentence)")
  }

  @Test func `whatever is multiplied, what comes of it is exact or refused`() {
    let units = ["ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
    var generator = SeededGenerator(seed: 17)
    for _ in 0..<10_000 {
      let count =
        Int.random(in: 0..<1_000_000_000_000_000, using: &generator)
        >> Int.random(in: 0..<50, using: &generator)
      for (unit, milliseconds) in units {
        let (high, low) = count.multipliedFullWidth(by: milliseconds)
        for (measure, size) in [(Measure.seconds, 1_000), (.hours, 3_600_000)] {
          let isExact = high == 0 && low <= Int.max && Int(low) % size == 0
          let read = try? measure.number("\(count)\(unit)")
          #expect(read == (isExact ? Int(low) / size : nil), "\(count)\(unit)")
        }
      }
    }
  }

  @Test func `a part of an hour is no hour, and the word beside the number stays`() throws {
    let lines = problems(configuration(top: "store: {dead-hours: 90m}"))
    #expect(
      lines == [
        "v.yaml:1:21 store.dead-hours: must be a whole number from 1 to 87600, in hours, and no part of one"
      ])
    let refused = problems(configuration(route: "signature: {tolerance-seconds: 5min}"))
    let wanted = "must be unlimited or a whole number from 1 to 86400, in seconds, or with a unit"
    #expect(try #require(refused.first).contains(wanted))
  }
}
