// swift-tools-version: 6.1
import PackageDescription

// Who may import whom is written here once; Tests/TidyTests holds the sources to it.
// Arrows point inward: vesigate -> edges -> Gateway -> Signing -> COpenSSL.

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
  name: "vesigate",
  products: [.executable(name: "vesigate", targets: ["vesigate"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
  ],
  targets: [
    // Doors to C: one target each, imported by the rooms named beside it and by nobody else.
    .systemLibrary(
      name: "COpenSSL", path: "Sources/C/OpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(
      name: "CYAML", path: "Sources/C/YAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .target(name: "CCurl", path: "Sources/C/Curl", linkerSettings: [.linkedLibrary("curl")]),
    .target(
      name: "CTLS", path: "Sources/C/TLS", linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]),
    .target(name: "CLinux", path: "Sources/C/Linux"),

    // The core: no I/O, no clock, no NIO.
    .target(name: "Formats", swiftSettings: strict),
    .target(name: "HTTP", dependencies: ["Formats"], swiftSettings: strict),
    .target(name: "Signing", dependencies: ["Formats", "HTTP", "COpenSSL"], swiftSettings: strict),
    .target(name: "Gateway", dependencies: ["Formats", "HTTP", "Signing"], swiftSettings: strict),
    .target(
      name: "Diagnosis", dependencies: ["Formats", "Gateway", "HTTP", "Signing"], swiftSettings: strict),

    // What the edges with sockets stand on: NIO's channels and event loops over one epoll. It knows no deliveries.
    .target(
      name: "EventLoops",
      dependencies: [
        "CLinux", .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
        .product(name: "NIOCore", package: "swift-nio"),
      ],
      swiftSettings: strict),

    // The edges: they know the core, never each other.
    .target(
      name: "Forwarding",
      dependencies: [
        "Formats", "Gateway", "HTTP", "CCurl", "CLinux", "CTLS", "EventLoops",
        .product(name: "NIOCore", package: "swift-nio"),
      ],
      swiftSettings: strict),
    .target(
      name: "Listening",
      dependencies: [
        "Formats", "Gateway", "HTTP", "EventLoops", .product(name: "NIOCore", package: "swift-nio"),
      ],
      swiftSettings: strict),
    // What secret files and their companions look like, read and written by it alone; it knows no gateway.
    .target(name: "Secrets", dependencies: ["CLinux", "Formats", "Signing"], swiftSettings: strict),
    .target(
      name: "Configuration",
      dependencies: ["Gateway", "Formats", "HTTP", "Secrets", "Signing", "CTLS", "CYAML"],
      swiftSettings: strict),
    .target(
      name: "Rotation", dependencies: ["CCurl", "Formats", "Secrets", "Signing"], swiftSettings: strict),
    .target(
      name: "Telemetry",
      dependencies: [
        "Signing", "Gateway", "Formats", "HTTP", .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),

    // What people and monitors ask, and what they are told: commands' socket and its client, status, captures, metrics
    // and health.
    .target(
      name: "Operations",
      dependencies: [
        "EventLoops", "Formats", "Gateway", "HTTP", "Signing",
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
      ],
      swiftSettings: strict),

    .executableTarget(
      name: "vesigate",
      dependencies: [
        "CLinux", "Formats", "Signing", "Gateway", "HTTP", "Diagnosis", "Forwarding", "Listening",
        "Operations", "Secrets", "Configuration", "Telemetry", "Rotation", "EventLoops",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"), .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict),

    .testTarget(name: "SigningTests", dependencies: ["Signing"], swiftSettings: strict),
    .testTarget(
      name: "GatewayTests", dependencies: ["Gateway", "Formats", "Signing"], swiftSettings: strict),
    .testTarget(
      name: "HTTPTests",
      dependencies: [
        "HTTP", "Gateway", "TestSupport", .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOEmbedded", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "ForwardingTests", dependencies: ["Forwarding", "Gateway", "HTTP", "TestSupport"],
      swiftSettings: strict),
    // One contract, tried on SwiftNIO's event loops too: they prove the test.
    .testTarget(
      name: "EventLoopsTests",
      dependencies: [
        "CLinux", "EventLoops", "TestSupport", .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "DiagnosisTests",
      dependencies: ["Diagnosis", "Gateway", "Configuration", "Signing", "TestSupport", "vesigate"],
      swiftSettings: strict),
    .testTarget(
      name: "ConfigurationTests", dependencies: ["Configuration", "Secrets", "Gateway", "Signing"],
      swiftSettings: strict),
    .testTarget(
      name: "OperationsTests",
      dependencies: [
        "Operations", "TestSupport", "EventLoops", .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOEmbedded", package: "swift-nio"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "RotationTests", dependencies: ["Rotation", "Secrets", "Signing"],
      swiftSettings: strict),
    .testTarget(
      name: "TelemetryTests",
      dependencies: ["Telemetry", "Gateway", "Signing", .product(name: "Logging", package: "swift-log")],
      swiftSettings: strict),
    .testTarget(
      name: "DaemonTests",
      dependencies: [
        "vesigate", .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    // What tests of the built program share.
    .target(
      name: "TestSupport", dependencies: ["Signing"], path: "Tests/TestSupport", swiftSettings: strict),
    .testTarget(
      name: "EndToEndTests", dependencies: ["TestSupport", "vesigate"], swiftSettings: strict),
    // Apps on servers of other people's behind the built program; `make test-apps` prints what came of each.
    .testTarget(
      name: "AppServerTests", dependencies: ["TestSupport", "Signing", "vesigate"],
      exclude: ["Apps"], swiftSettings: strict),
    // These run the built program.
    .testTarget(name: "CommandTests", dependencies: ["TestSupport", "vesigate"], swiftSettings: strict),
    // The provider's simulator and its load; `make test-rotation` runs their long form.
    .testTarget(
      name: "RotationEndToEndTests", dependencies: ["TestSupport", "Signing", "vesigate"],
      swiftSettings: strict),
    .testTarget(
      name: "ReloadTests",
      dependencies: ["TestSupport", "Gateway", "vesigate", .product(name: "NIOPosix", package: "swift-nio")],
      swiftSettings: strict),
    // Hostile input and faults, as a table; suites named ...Slow are left out of `make test`.
    .testTarget(
      name: "HostileTests", dependencies: ["TestSupport", "Signing", "vesigate"], swiftSettings: strict),
    .testTarget(
      name: "ReadmeTests", dependencies: ["TestSupport", "vesigate", "Gateway", "Signing"],
      swiftSettings: strict),
    // What operators see, with Debian's Prometheus; `make test-operators` runs the long form.
    .testTarget(
      name: "OperatorsTests", dependencies: ["TestSupport", "Telemetry", "vesigate"],
      exclude: ["alerts-test.yaml"], swiftSettings: strict),
    // What must hold of any input, over random inputs and over those that the fuzzer has found.
    .testTarget(
      name: "PropertyTests",
      dependencies: [
        "Rotation", "Operations", "Diagnosis", "HTTP", "Forwarding", "Gateway", "Secrets", "Configuration",
        "Signing", "CCurl", "CLinux", "TestSupport",
      ],
      swiftSettings: strict),
    .testTarget(name: "TidyTests", swiftSettings: strict),
  ]
)

// `make fuzz` builds the same properties into a program that libFuzzer drives. It cannot be linked without
// its flags, so no other build sees it; and a source belongs to one target, so this one sees no tests.
if Context.environment["VESIGATE_FUZZ"] != nil {
  package.targets.removeAll { $0.type == .test }
  package.targets += [
    .target(name: "CFuzzer", path: "Tests/CFuzzer"),
    .executableTarget(
      name: "fuzz",
      dependencies: [
        "Rotation", "Operations", "Diagnosis", "HTTP", "Forwarding", "Gateway", "Secrets", "Configuration",
        "Signing", "CCurl", "CFuzzer", "TestSupport", .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOEmbedded", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
      ],
      path: "Tests", exclude: [],
      sources: [
        "Fuzz/Main.swift", "Fuzz/ValueMutation.swift", "HTTPTests/Properties", "PropertyTests/Properties",
      ],
      swiftSettings: strict),
  ]
}
