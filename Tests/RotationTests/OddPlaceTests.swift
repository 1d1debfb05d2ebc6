import Foundation
import Signing
import TestSupport
import Testing

@testable import Rotation
@testable import Secrets

@Test(.ownThread, .enabled(if: Machine.canMount, "only root, where it may mount"))
func `a secret file that is a mount is told from one`()
  throws
{
  let scratch = try Scratch()
  try scratch.write("old\n")
  try scratch.write("host's\n", to: "host")
  let folder = try SecretFolder(scratch.secretPath)
  #expect(throws: Never.self) { try folder.checkReplaceable() }
  try #require(mount(scratch.directory + "/host", scratch.secretPath, nil, UInt(MS_BIND), nil) == 0)
  defer { umount2(scratch.secretPath, Int32(MNT_DETACH)) }
  let failure = #expect(throws: FileFailure.self) { try folder.checkReplaceable() }
  #expect(failure?.kind == .storage)
  let source = ScriptedSource([.rotated(secret("new"))])
  var run = RotationRun(
    folder,
    policy: PreviousPolicy(
      isTimestampSigned: true, acceptedSeconds: 900, toleranceSeconds: 300, clockSkewSeconds: 60),
    RotationRun.Dependencies(
      daemon: WatchingDaemon(folder), source: source, now: { 1 }, pause: { _ in }, say: { _ in }))
  #expect(throws: try #require(failure)) { try run.run() }
  #expect(source.attempts == [] && scratch.names == ["host", "vesicash"])
}

@Test(.ownThread, .enabled(if: geteuid() == 0, "only root can give files away"))
func `an answer that a stranger put there is nothing to resume`() throws {
  let scratch = try Scratch()
  chmod(scratch.directory, 0o1777)
  try scratch.write("old\n")
  try scratch.write("mallorys-secret\n", to: "vesicash.next")
  // Who is neither root nor the daemon's user.
  #expect(chown(scratch.file("vesicash.next"), 1, 1) == 0)
  let policy = PreviousPolicy(
    isTimestampSigned: true, acceptedSeconds: 900, toleranceSeconds: 300, clockSkewSeconds: 60)
  let folder = try SecretFolder(scratch.secretPath)
  var run = RotationRun(
    folder, policy: policy,
    RotationRun.Dependencies(
      daemon: WatchingDaemon(folder), source: ScriptedSource([]), now: { 1 }, pause: { _ in },
      say: { _ in }))
  run.progress = RotationProgress(isResuming: true)
  #expect(try run.run() == .nothingToResume)
  #expect(scratch.text() == "old\n")
}
