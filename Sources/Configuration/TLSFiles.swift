internal import CTLS
internal import Secrets
internal import Signing

/// The files that one https upstream names, and where.
struct TLSFiles: Sendable {
  struct Named: Sendable {
    let path: String
    let source: SourcePlace
  }

  static let bytesMax = 4 << 20

  var authorities: Named?
  var certificate: Named?
  var key: Named?

  /// Reports what libcurl would say only when a delivery is on its way, and every time.
  func judge(_ report: Report) {
    if let authorities, let bytes = read(authorities, report) {
      var isExpired = false
      let fault = bytes.withUnsafeBytes { vg_tls_authorities($0.baseAddress, $0.count, &isExpired) }
      refuse(authorities, fault, Self.certificateMissing, report)
      if isExpired { report.warn(authorities.source, "\(authorities.path) has expired, all that it holds") }
    }
    if let certificate { judge(certificate, report) }
  }

  private func judge(_ certificate: Named, _ report: Report) {
    let chain = read(certificate, report)
    var isExpired = false
    let fault = chain?.withUnsafeBytes { vg_tls_chain($0.baseAddress, $0.count, &isExpired) }
    if let fault { refuse(certificate, fault, Self.certificateMissing, report) }
    if isExpired { report.warn(certificate.source, "\(certificate.path) has expired") }
    guard let key, var bytes = read(key, report) else { return }
    defer { wipe(&bytes) }
    // With a chain that is broken the key is judged alone.
    let sound = fault == vg_tls_sound ? chain ?? [] : []
    let keyFault = bytes.withUnsafeBytes { key in
      sound.withUnsafeBytes { vg_tls_key(key.baseAddress, key.count, $0.baseAddress, $0.count) }
    }
    refuse(key, keyFault, "holds no private key (PEM, -----BEGIN PRIVATE KEY-----)", report)
  }

  private static let certificateMissing = "holds no certificate (PEM, -----BEGIN CERTIFICATE-----)"

  private func read(_ file: Named, _ report: Report) -> [UInt8]? {
    do {
      return try RegularFile(file.path).read(bytesMax: Self.bytesMax)
    } catch {
      report.refuse(file.source, "\(file.path) \(error.sentence)", kind: Problem.Kind(error.kind))
      return nil
    }
  }

  private func refuse(_ file: Named, _ fault: vg_tls_fault, _ missing: String, _ report: Report) {
    let sentence: String
    switch fault {
    case vg_tls_sound: return
    case vg_tls_absent: sentence = missing
    case vg_tls_encrypted:
      sentence =
        "is encrypted, and nobody could be asked for its password: openssl pkey writes it without one"
    case vg_tls_foreign: sentence = "is not the key of the certificate in client-certificate-file"
    case vg_tls_disallowed:
      sentence =
        "is not allowed by OpenSSL's settings on this machine: its key is too short, or its signature too weak"
    default: sentence = "is cut off or broken: put the whole file there"
    }
    report.refuse(file.source, "\(file.path) \(sentence)")
  }
}

extension NodeReader {
  /// The files of TLS that upstreams name. What else is wrong with upstreams is told by who reads them.
  var tlsFiles: [TLSFiles] {
    guard case .sequence(let nodes) = node.content else { return [ownTLSFiles] }
    return nodes.prefix(Configuration.upstreamsMax).enumerated().map { index, node in
      NodeReader(node: node, path: path + "[\(index)]", report: report).ownTLSFiles
    }
  }

  private var ownTLSFiles: TLSFiles {
    var files = TLSFiles()
    guard case .mapping(let entries) = node.content else { return files }
    for entry in entries {
      guard case .scalar(let text, _) = entry.value.content, text.isAbsoluteFilePath else { continue }
      let file = TLSFiles.Named(
        path: text, source: SourcePlace(place: entry.value.place, path: path.appendingSetting(entry.key)))
      switch entry.key {
      case "ca-file": files.authorities = file
      case "client-certificate-file": files.certificate = file
      case "client-key-file": files.key = file
      default: break
      }
    }
    return files
  }
}
