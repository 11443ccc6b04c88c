#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Writes one line to the standard error stream, in one call, so that lines of threads and processes do not mix.
func printWarning(_ message: String) {
    let line = Array("leibniz: \(message)\n".utf8)
    _ = write(2, line, line.count)
}
