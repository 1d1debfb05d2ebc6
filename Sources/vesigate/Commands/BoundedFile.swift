internal import ArgumentParser
internal import Glibc
internal import POSIX

/// Reads files that a person names on the command line, up to a bound.
enum BoundedFile {
  struct Failure: Error, CustomStringConvertible {
    let description: String
    let isPermission: Bool
  }

  /// `-` is standard input.
  static func read(_ path: String, bytesMax: Int) throws(Failure) -> [UInt8] {
    let descriptor = path == "-" ? 0 : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path, errno) }
    defer { if descriptor != 0 { close(descriptor) } }
    do throws(IO.Unread) { return try IO.readToEnd(descriptor, bytesMax: bytesMax) } catch {
      switch error {
      case .tooLong: throw Failure(description: "\(path): over \(bytesMax) bytes", isPermission: false)
      case .failed(let code): throw failure(path, code)
      }
    }
  }

  /// Reads for a command: what is wrong goes to standard error.
  static func readForCommand(_ path: String, bytesMax: Int = 64 * 1_048_576) throws -> [UInt8] {
    if path == "-", StandardInput.isTerminal {
      complain("reading standard input, the terminal: Ctrl-D on a line of its own ends it")
    }
    do throws(Failure) {
      return try read(path, bytesMax: bytesMax)
    } catch {
      complain("vesigate: \(error)")
      throw error.isPermission ? ExitStatus.permission : ExitStatus.input
    }
  }

  private static func failure(_ path: String, _ code: Int32) -> Failure {
    Failure(
      description: "\(path): \(String(cString: strerror(code)))", isPermission: code == EACCES)
  }
}

extension [UInt8] {
  /// Lends the bytes to a function that throws one kind of error; the library's own forgets which.
  func lent<Value, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    let result = withUnsafeBytes { bytes -> Result<Value, Failure> in
      do throws(Failure) { return .success(try body(bytes)) } catch { return .failure(error) }
    }
    return try result.get()
  }
}
