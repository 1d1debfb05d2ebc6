import Foundation
import TestSupport
import Testing

/// Started with standard streams closed, as some scripts do.
@Suite(.ownThread) struct ClosedStreamTests {
  @Test func `nothing else gets the numbers of closed standard streams`() throws {
    let fixture = try CommandFixture()
    let config = try fixture.writeConfiguration(secret: "test_webhook_secret")
    // It waits for a request on its standard input, and is looked at meanwhile.
    let script = """
      mkfifo "$2" && exec 3<>"$2"
      "$0" verify --config "$1" - <"$2" 3>&- 1>&- 2>&- &
      for look in $(seq 100); do
        held=$(readlink /proc/$!/fd/1 /proc/$!/fd/2)
        [ "$held" = "$(printf '/dev/null\\n/dev/null')" ] && echo held && break
        sleep 0.1
      done
      kill $!
      """
    let looked = try fixture.run(
      "/bin/bash", ["-c", script, GatewayBinary.path(), config, fixture.path("requests")])
    #expect(looked.text == "held\n")
  }
}
