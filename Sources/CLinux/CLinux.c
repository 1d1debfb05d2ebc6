// CLinux is a header: SwiftPM wants one source file.
