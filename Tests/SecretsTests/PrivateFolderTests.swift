import Foundation
import Glibc
import TestSupport
import Testing

@testable import Secrets

/// Where files lie that only the daemon may have written.
@Suite struct PrivateFolderTests {
  private static let stranger: uid_t = 64_321
  private let outer: TemporaryDirectory
  private var folder: String { outer.path + "/store" }

  init() throws {
    outer = try TemporaryDirectory()
    mkdir(folder, 0o700)
  }

  private func flaw() -> String? {
    let names = ["queue.db", "queue.db-wal"].map { "\(folder)/\($0)" }
    do throws(FileFailure) { try PrivateFolder(of: names, for: "the store").judge() } catch {
      return error.description
    }
    return nil
  }

  private func make(_ name: String) { close(open("\(folder)/\(name)", O_WRONLY | O_CREAT, 0o600)) }

  @Test func `one that is not there is told with the command that makes it`() {
    rmdir(folder)
    let flaw = flaw() ?? ""
    #expect(flaw.contains("there is no folder \(folder) for the store: mkdir -m 0700 \(folder)"), "\(flaw)")
    #expect(flaw.contains("StateDirectory="))
    // Its files cannot be in something else, either.
    close(open(folder, O_WRONLY | O_CREAT, 0o600))
    #expect(self.flaw()?.contains("\(folder) is no folder") == true)
  }

  @Test(arguments: [
    (0o700, true), (0o750, true), (0o755, true), (0o770, false), (0o707, false), (0o1777, false),
  ])
  func `where others can write nothing is believed, be there a sticky bit`(mode: Int, isGood: Bool) {
    chmod(folder, mode_t(mode))
    let flaw = flaw()
    #expect((flaw == nil) == isGood, "\(flaw ?? "")")
    if let flaw {
      let shown = "0" + String(mode, radix: 8)
      #expect(flaw.contains("can be written by others than its owner (mode \(shown)): chmod 0700 \(folder)"))
    }
  }

  @Test func `a folder above that others can write to is as bad`() {
    chmod(outer.path, 0o757)
    #expect(flaw()?.contains("lies below \(outer.path), where every user can replace it") == true)
  }

  @Test(.enabled(if: geteuid() == 0, "only root can give files away"))
  func `what belongs to a stranger is refused, the folder as a file in it, be it a link`() {
    chown(folder, Self.stranger, 0)
    #expect(flaw()?.contains("\(folder) belongs to the user with id \(Self.stranger): chown") == true)
    chown(folder, 0, 0)
    #expect(flaw() == nil)
    make("queue.db-wal")
    #expect(flaw() == nil)
    chown("\(folder)/queue.db-wal", Self.stranger, 0)
    #expect(flaw()?.contains("\(folder)/queue.db-wal belongs to the user with id \(Self.stranger)") == true)
    unlink("\(folder)/queue.db-wal")
    symlink("/dev/null", "\(folder)/queue.db")
    #expect(flaw() == nil)
    lchown("\(folder)/queue.db", Self.stranger, 0)
    #expect(flaw()?.contains("\(folder)/queue.db is a link that belongs to") == true)
  }

  @Test(.enabled(if: geteuid() == 0, "only root can act as another"))
  func `it is judged for who will write there`() {
    let service = FileUser(user: Self.stranger, group: Self.stranger, groups: [])
    let found = service.acting { self.flaw() }
    #expect((found ?? nil)?.contains("may not be written to by the user with id \(Self.stranger)") == true)
    chown(folder, Self.stranger, Self.stranger)
    make("queue.db")
    chown("\(folder)/queue.db", Self.stranger, Self.stranger)
    let own = service.acting { self.flaw() }
    #expect(own == .some(nil), "\(String(describing: own))")
    // Root's own are as good, as long as nothing has to be made.
    chown(folder, 0, 0)
    chmod(folder, 0o755)
    make("queue.db-wal")
    let roots = service.acting { self.flaw() }
    #expect(roots == .some(nil), "\(String(describing: roots))")
  }
}
