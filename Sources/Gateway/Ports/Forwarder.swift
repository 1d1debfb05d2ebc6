public import HTTP

/// Sends deliveries to upstreams. Implemented by Forwarding; as all ports, it is called and calls back on the
/// delivery's own event loop.
public protocol Forwarder: AnyObject {
  /// Starts one attempt. The observer is never called before this returns.
  func start(
    _ request: ForwardRequest, to upstream: Upstream, observer: any AttemptObserver, index: Int
  ) -> any Attempt
}

/// One attempt at one upstream, under way.
public protocol Attempt: AnyObject {
  /// Lets the response flow again.
  func resume()
  /// Ends it; the observer hears nothing more.
  func cancel()
}

/// Hears what becomes of attempts, told apart by the index that they were started with.
public protocol AttemptObserver: AnyObject {
  func attempt(_ index: Int, answered response: ResponseHead)
  /// Body bytes of the response, valid during the call. When it says `.pause` it has not taken them and
  /// gets the same bytes again after `resume`.
  func attempt(_ index: Int, received bytes: UnsafeRawBufferPointer) -> Flow
  /// The last call: nil when the response is complete.
  func attempt(_ index: Int, finished failure: ForwardFailure?)
}
