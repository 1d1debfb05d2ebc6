/// What a program keeps that it should give back grows each time; what its allocator keeps, because more happened
/// at once than ever before, grows now and then. So work is done in several rounds, and the round in which least
/// was added tells.
public func leastGrowth(
  of gateway: GatewayProcess, rounds: Int = 3, enough bytes: Int, _ work: () throws -> Void
)
  rethrows -> Int
{
  var least = Int.max
  for _ in 0..<rounds where least >= bytes {
    let before = gateway.residentBytes
    try work()
    least = min(least, gateway.residentBytes - before)
  }
  return least
}
