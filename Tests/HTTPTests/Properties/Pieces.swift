/// Gives a reader one piece after another, each in memory of its own and of exactly its size, up to the first fault.
func give<Fault: Error>(
  _ pieces: [[UInt8]], to take: (UnsafeRawBufferPointer) throws(Fault) -> Void
) -> Fault? {
  for piece in pieces {
    do throws(Fault) {
      try piece.withUnsafeBufferPointer { (piece) throws(Fault) in try take(UnsafeRawBufferPointer(piece)) }
    } catch {
      return error
    }
  }
  return nil
}
