#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A file that appears whole or not at all: written beside its place under another name, brought to the disk, then renamed.
///
/// Whatever happens on the way (a full disk, a killed process, a power cut), what stood at the path before stands there still.
/// A process that is killed may leave the file of the other name, `NAME.PID-N.partial`, behind.
final class OutputFile {
    private let path: String
    private let partialPath: String
    private var descriptor: Int32
    private var pending: [UInt8] = []
    private static let pendingByteCount = 256 << 10

    /// Writes a file: `body` is given an `OutputFile` to write to. Throws what `body` throws, with nothing changed.
    static func write(to path: String, _ body: (OutputFile) throws(DataError) -> Void) throws(DataError) {
        let file = try OutputFile(path: path)
        do throws(DataError) {
            try body(file)
            try file.finish()
        } catch {
            file.abandon()
            throw error
        }
    }

    /// Writes bytes as a whole file.
    static func write(_ bytes: [UInt8], to path: String) throws(DataError) {
        try write(to: path) { file throws(DataError) in try file.append(bytes) }
    }

    private init(path: String) throws(DataError) {
        self.path = path
        var number = 0
        while true {
            let partial = "\(path).\(getpid())-\(number).partial"
            let descriptor = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
            if descriptor >= 0 {
                (partialPath, self.descriptor) = (partial, descriptor)
                return
            }
            guard errno == EEXIST, number < 1000 else { throw DataError.writing(path, errno) }
            number += 1
        }
    }

    func append(_ bytes: some Sequence<UInt8>) throws(DataError) {
        pending.append(contentsOf: bytes)
        if pending.count >= Self.pendingByteCount { try flush() }
    }

    /// Writes memory without a copy.
    func append(memory: UnsafeRawBufferPointer) throws(DataError) {
        try flush()
        try put(memory)
    }

    private func flush() throws(DataError) {
        let bytes = pending
        pending.removeAll(keepingCapacity: true)
        var failure: DataError?
        bytes.withUnsafeBytes { memory in
            do throws(DataError) { try put(memory) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    private func put(_ memory: UnsafeRawBufferPointer) throws(DataError) {
        var written = 0
        while written < memory.count {
            let rest = UnsafeRawBufferPointer(rebasing: memory[written...])
            let count = systemWrite(descriptor, rest.baseAddress, rest.count)
            if count >= 0 {
                written += count
            } else if errno != EINTR {
                throw DataError.writing(path, errno)
            }
        }
    }

    private func finish() throws(DataError) {
        try flush()
        guard fsync(descriptor) == 0 else { throw DataError.writing(path, errno) }
        let closed = descriptor
        descriptor = -1
        guard close(closed) == 0 else { throw DataError.writing(path, errno) }
        guard rename(partialPath, path) == 0 else { throw DataError.writing(path, errno) }
        // The new name itself is on the disk only when the folder is.
        let parent = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let folder = open(parent, O_RDONLY | O_CLOEXEC)
        if folder >= 0 {
            fsync(folder)
            close(folder)
        }
    }

    private func abandon() {
        if descriptor >= 0 { close(descriptor) }
        unlink(partialPath)
    }
}

#if canImport(Glibc)
    private let systemWrite = Glibc.write
#elseif canImport(Musl)
    private let systemWrite = Musl.write
#else
    private let systemWrite = Darwin.write
#endif

extension DataError {
    /// Why `path` could not be written, from the operating system's error number.
    static func writing(_ path: String, _ code: Int32) -> DataError {
        let reason = String(cString: strerror(code))
        switch code {
        case EACCES, EPERM, EROFS:
            return DataError(
                .noPermission, "this may not be written", in: path, found: reason,
                expected: "a folder in which the user of this process may make files")
        case ENOENT, ENOTDIR:
            return DataError(
                .missing, "there is no such folder to write to", in: path, found: reason, expected: "an existing folder"
            )
        case ENOSPC, EDQUOT:
            return DataError(
                .inputOutput, "the file could not be written; what was there before is unchanged", in: path,
                found: reason, expected: "enough free space for the whole file beside the old one")
        default:
            return DataError(
                .inputOutput, "the file could not be written; what was there before is unchanged", in: path,
                found: reason, expected: "a file that can be written")
        }
    }
}
