// Whether AddressSanitizer is awake: told to, it reads memory that was given back.
let memory = UnsafeMutablePointer<Int>.allocate(capacity: 4)
memory.initialize(repeating: 1, count: 4)
let first = memory[0]
memory.deallocate()
if CommandLine.arguments.contains("planted") { print(memory[first]) }
