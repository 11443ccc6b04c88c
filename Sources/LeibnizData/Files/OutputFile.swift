#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Puts a file in the place of what is at `path`, whole or not at all: it is written under another name beside it and renamed.
///
/// - Throws: an `inputOutput` or `noPermission` error that names the path; then nothing has changed.
func replaceFile(_ path: String, with bytes: some Collection<UInt8>) throws(DataError) {
    func failure(_ code: Int32) -> DataError {
        DataError(
            code == EACCES || code == EPERM ? .noPermission : .inputOutput, "the file could not be written", in: path,
            found: String(cString: strerror(code)), expected: "a folder that takes a file of \(bytes.count) bytes")
    }
    let draft = "\(path).\(getpid())-\(UInt32.random(in: 0 ... .max)).draft"
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw failure(errno) }
    var (rest, code) = (Array(bytes)[...], Int32(0))
    while !rest.isEmpty, code == 0 {
        let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count >= 0 { rest = rest.dropFirst(count) } else if errno != EINTR { code = errno }
    }
    if close(descriptor) != 0, code == 0 { code = errno }
    if code == 0, rename(draft, path) != 0 { code = errno }
    guard code != 0 else { return }
    unlink(draft)
    throw failure(code)
}
