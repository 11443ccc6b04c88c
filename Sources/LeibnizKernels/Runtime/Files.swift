#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The contents of a file, or nil. For small files.
func readFile(_ path: String, byteLimit: Int = 1 << 28) -> [UInt8]? {
    guard let file = fopen(path, "rb") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count < byteLimit {
        let count = fread(&block, 1, block.count, file)
        if count == 0 { break }
        bytes += block[..<count]
    }
    return ferror(file) == 0 ? bytes : nil
}

/// Writes a file that only the user may read; false if that fails.
func writeFile(_ path: String, _ bytes: [UInt8]) -> Bool {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    guard descriptor >= 0 else { return false }
    var done = 0
    while done < bytes.count {
        let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress?.advanced(by: done), bytes.count - done) }
        if count < 0 && errno == EINTR { continue }
        if count <= 0 { break }
        done += count
    }
    return close(descriptor) == 0 && done == bytes.count
}

/// Makes a folder and those above it; true if it is there afterwards.
func makeFolder(_ path: String, mode: mode_t) -> Bool {
    guard !path.isEmpty else { return false }
    if mkdir(path, mode) == 0 || errno == EEXIST { return true }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return false }
    guard makeFolder(String(path[..<slash]), mode: mode) else { return false }
    return mkdir(path, mode) == 0 || errno == EEXIST
}

/// The names in a folder, but those that begin with a dot; empty where it cannot be read.
func fileNames(inFolder folder: String) -> [String] {
    guard let listing = opendir(folder) else { return [] }
    defer { closedir(listing) }
    var names: [String] = []
    while let entry = readdir(listing) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if !name.hasPrefix(".") { names.append(name) }
    }
    return names
}
