internal import ArgumentParser
internal import Configuration

/// How long, as an option says it: `90`, `90s` or `5m`, as the configuration does.
struct Seconds: ExpressibleByArgument, CustomStringConvertible, Equatable {
  let count: Int

  init(_ count: Int) { self.count = count }

  init?(argument: String) {
    guard let count = try? Measure.seconds.number(argument) else { return nil }
    self.count = count
  }

  var description: String { "\(count)" }
  var defaultValueDescription: String { "\(count)s" }
}
