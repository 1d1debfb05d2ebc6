// swift-tools-version: 6.1
import PackageDescription

// Who may import whom is written here once, and `make` builds with SwiftPM's own check of it. Arrows point inward:
// vesigate -> edges -> {Gateway, Secrets} -> Signing -> HTTP -> Formats.

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// What no delivery waits for is made small rather than fast: a sixtieth of the program.
let small = strict + [.unsafeFlags(["-Osize"], .when(configuration: .release))]

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
    // Doors to C: one target each, imported by the rooms that name it and by nobody else.
    .systemLibrary(
      name: "COpenSSL", path: "Sources/C/OpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(
      name: "CYAML", path: "Sources/C/YAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(
      name: "CSQLite", path: "Sources/C/SQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .target(name: "CCurl", path: "Sources/C/Curl", linkerSettings: [.linkedLibrary("curl")]),
    .target(
      name: "CTLS", path: "Sources/C/TLS", linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]),
    .target(name: "CLinux", path: "Sources/C/Linux"),

    // The core, each room on those above it: no I/O, no clock, no NIO.
    .target(name: "Formats", swiftSettings: strict),
    .target(name: "HTTP", dependencies: ["Formats"], swiftSettings: strict),
    .target(name: "Signing", dependencies: ["Formats", "HTTP", "COpenSSL"], swiftSettings: strict),
    .target(name: "Gateway", dependencies: ["Formats", "HTTP", "Signing"], swiftSettings: strict),
    .target(
      name: "Diagnosis", dependencies: ["Formats", "HTTP", "Signing"], swiftSettings: small),

    // What edges ask of the kernel, each written once: the core does without.
    .target(name: "POSIX", dependencies: ["Formats"], swiftSettings: strict),

    // What secret files and their companions look like, read and written by it alone; it knows no gateway.
    .target(name: "Secrets", dependencies: ["Formats", "POSIX", "Signing", "CLinux"], swiftSettings: strict),

    // What all with sockets stand on: NIO's channels and event loops over one epoll. It knows no deliveries.
    .target(
      name: "EventLoops",
      dependencies: [
        "CLinux",
        .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
        .product(name: "NIOCore", package: "swift-nio"),
      ],
      swiftSettings: strict),

    // The edges: they know the core, never each other.
    .target(
      name: "Listening",
      dependencies: [
        "Formats", "POSIX", "HTTP", "Gateway", "EventLoops", .product(name: "NIOCore", package: "swift-nio"),
      ],
      swiftSettings: strict),
    .target(
      name: "Forwarding",
      dependencies: [
        "Formats", "HTTP", "Gateway", "EventLoops", "CCurl", "CLinux", "CTLS",
        .product(name: "NIOCore", package: "swift-nio"),
      ],
      swiftSettings: strict),
    .target(
      name: "Configuration",
      dependencies: ["Formats", "HTTP", "Signing", "Gateway", "Secrets", "CTLS", "CYAML"],
      swiftSettings: small),
    .target(
      name: "Rotation", dependencies: ["Formats", "Signing", "Secrets", "CCurl"], swiftSettings: small),
    .target(
      name: "Telemetry",
      dependencies: [
        "Formats", "POSIX", "Signing", "Gateway", .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    // What people and monitors ask, and are told: the commands' socket and its client, the status, captures, metrics.
    // It asks all rooms how they do.
    .target(
      name: "Operations",
      dependencies: [
        "Formats", "POSIX", "HTTP", "Signing", "Gateway", "Secrets", "EventLoops", "Listening",
        "Configuration",
        "Telemetry", "CLinux",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: small),

    // What keeps deliveries on disk until the apps have them, and when each is sent again.
    .target(
      name: "Queue", dependencies: ["Formats", "HTTP", "Signing", "Gateway", "CLinux", "CSQLite"],
      swiftSettings: strict),

    // Commands and the daemon: it knows everyone.
    .executableTarget(
      name: "vesigate",
      dependencies: [
        "Formats", "POSIX", "HTTP", "Signing", "Gateway", "Diagnosis", "Secrets", "EventLoops", "Listening",
        "Forwarding", "Configuration", "Rotation", "Telemetry", "Operations", "Queue", "CLinux",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ],
      swiftSettings: small),

    .testTarget(name: "FormatsTests", dependencies: ["Formats", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "POSIXTests", dependencies: ["Formats", "POSIX", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "HTTPTests",
      dependencies: [
        "HTTP", "Gateway", "TestSupport",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOEmbedded", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "SigningTests", dependencies: ["Formats", "HTTP", "Signing", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "GatewayTests", dependencies: ["Formats", "HTTP", "Signing", "Gateway", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "DiagnosisTests",
      dependencies: [
        "Formats", "HTTP", "Signing", "Diagnosis", "Configuration", "TestSupport", "vesigate",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "SecretsTests", dependencies: ["Signing", "Secrets", "TestSupport"],
      swiftSettings: strict),
    // One contract, tried on SwiftNIO's event loops too: they prove the test.
    .testTarget(
      name: "EventLoopsTests",
      dependencies: [
        "CLinux", "EventLoops", "TestSupport",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "ListeningTests", dependencies: ["Formats", "Gateway", "Listening"], swiftSettings: strict),
    .testTarget(
      name: "ForwardingTests", dependencies: ["HTTP", "Gateway", "Forwarding", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "ConfigurationTests",
      dependencies: ["Signing", "Gateway", "Secrets", "Configuration", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "RotationTests", dependencies: ["Signing", "Secrets", "Rotation", "TestSupport"],
      swiftSettings: strict),
    .testTarget(name: "DurableTests", dependencies: ["Signing", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "QueueTests",
      dependencies: ["Formats", "HTTP", "Signing", "Gateway", "Queue", "TestSupport", "queue-child"],
      exclude: ["Child"], swiftSettings: strict),
    // A process that keeps deliveries, for tests to kill.
    .executableTarget(
      name: "queue-child", dependencies: ["Formats", "HTTP", "Signing", "Gateway", "Queue"],
      path: "Tests/QueueTests/Child", swiftSettings: strict),
    .testTarget(
      name: "TelemetryTests",
      dependencies: [
        "Formats", "Signing", "Gateway", "Telemetry", "TestSupport",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "OperationsTests",
      dependencies: [
        "Formats", "HTTP", "Signing", "Gateway", "Configuration", "Telemetry", "Operations", "EventLoops",
        "TestSupport",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOEmbedded", package: "swift-nio"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "DaemonTests",
      dependencies: [
        "Configuration", "Gateway", "TestSupport", "vesigate",
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    // The program's commands and its terminal, without a process.
    .testTarget(
      name: "VesigateTests",
      dependencies: [
        "Signing", "Gateway", "Diagnosis", "Secrets", "Configuration", "Rotation", "Operations",
        "TestSupport", "vesigate",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
    // What tests share: of the built program, and of the rooms.
    .target(
      name: "TestSupport", dependencies: ["Formats", "HTTP", "Signing"], path: "Tests/TestSupport",
      swiftSettings: strict),
    .testTarget(
      name: "EndToEndTests", dependencies: ["TestSupport", "vesigate"], swiftSettings: strict),
    // Apps on servers of other people's behind the built program; `make test-apps` prints what came of each.
    .testTarget(
      name: "AppServerTests", dependencies: ["Formats", "Signing", "TestSupport", "vesigate"],
      exclude: ["Apps"], swiftSettings: strict),
    // These run the built program.
    .testTarget(name: "CommandTests", dependencies: ["TestSupport", "vesigate"], swiftSettings: strict),
    // The provider's simulator and its load; `make test-rotation` runs their long form.
    .testTarget(
      name: "RotationEndToEndTests", dependencies: ["Signing", "TestSupport", "vesigate"],
      swiftSettings: strict),
    .testTarget(
      name: "ReloadTests",
      dependencies: ["TestSupport", "vesigate"],
      swiftSettings: strict),
    // Hostile input and faults, as a table; suites named ...Slow are left out of `make test`.
    .testTarget(
      name: "HostileTests", dependencies: ["Signing", "TestSupport", "vesigate"],
      swiftSettings: strict),
    .testTarget(
      name: "ReadmeTests",
      dependencies: ["HTTP", "Signing", "Gateway", "TestSupport", "vesigate"],
      swiftSettings: strict),
    // What operators see, with Debian's Prometheus; `make test-operators` runs the long form.
    .testTarget(
      name: "OperatorsTests", dependencies: ["TestSupport", "Telemetry", "vesigate"],
      exclude: ["alerts-silence-test.yaml", "alerts-test.yaml"], swiftSettings: strict),
    // What must hold of any input, over random inputs and over those that the fuzzer has found.
    .testTarget(
      name: "PropertyTests",
      dependencies: [
        "Formats", "HTTP", "Signing", "Gateway", "Diagnosis", "Secrets", "Forwarding", "Configuration",
        "Rotation", "Operations", "Telemetry", "CCurl", "CLinux", "CTLSWitness", "TestSupport",
      ],
      swiftSettings: strict),
    .target(
      name: "CTLSWitness", path: "Tests/CTLSWitness",
      linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]),
    .testTarget(name: "TidyTests", dependencies: ["TestSupport"], swiftSettings: strict),
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
        "Formats", "HTTP", "Signing", "Gateway", "Diagnosis", "Secrets", "Forwarding", "Configuration",
        "Rotation", "Operations", "Telemetry", "CCurl", "CFuzzer", "CTLSWitness", "TestSupport",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOEmbedded", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
      ],
      path: "Tests", exclude: [],
      sources: [
        "Fuzz/Main.swift", "Fuzz/ValueMutation.swift", "HTTPTests/Properties", "PropertyTests/Properties",
      ],
      swiftSettings: strict),
  ]
}
