import Formats
import Testing

@Suite struct UnixTimeTests {
  @Test(
    arguments: [
      (0, 0, 0), (1, 999_999_999, 1_999), (-1, 999_000_000, -1),
      (253_402_300_799, 999_999_999, 253_402_300_799_999),
      (253_402_300_800, 0, 253_402_300_799_999), (9_223_372_036, 854_775_808, 9_223_372_036_854),
      (.max, 999_999_999, 253_402_300_799_999), (.min, 0, -62_167_219_200_000),
      (.min, .min, -62_167_219_200_000),
      (.max, .max, 253_402_300_799_999), (9_223_372_036_854_775, 999_999_999, 253_402_300_799_999),
      (-9_223_372_036_854_775, -999_999_999, -62_167_219_200_000), (-62_167_219_200, 0, -62_167_219_200_000),
    ] as [(Int, Int, Int64)])
  func `whatever a clock says is an instant of the years 0 to 9999`(
    seconds: Int, nanoseconds: Int, expected: Int64
  ) {
    #expect(UnixTime.milliseconds(seconds: seconds, nanoseconds: nanoseconds) == expected)
  }

  @Test func `sums and differences end where 64 bits end`() {
    #expect(Int64.max.addingSaturated(1) == .max)
    #expect(Int64.min.addingSaturated(-1) == .min)
    #expect(Int64.min.subtractingSaturated(1) == .min)
    #expect(Int64.max.subtractingSaturated(.min) == .max)
    #expect(Int64(0).subtractingSaturated(.min) == .max)
    #expect(Int64(5).subtractingSaturated(7) == -2)
    #expect(Int64(5).addingSaturated(7) == 12)
  }
}
