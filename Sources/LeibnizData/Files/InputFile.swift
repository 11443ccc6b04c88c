#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A regular file that is open for reading; every failure is a `DataError` that names it.
///
/// Pipes and devices are refused, since reading one may wait for ever.
final class InputFile {
    let path: String
    /// The bytes that the file had when it was opened.
    let byteCount: Int
    private let descriptor: Int32
    /// The bytes read so far: the offset of the next one.
    private(set) var offset = 0

    init(path: String) throws(DataError) {
        self.path = path
        // Without O_NONBLOCK, opening a pipe that nobody writes to would hang before it can be refused.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw DataError.opening(path, errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let code = errno
            close(descriptor)
            throw DataError.reading(path, at: 0, code)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw DataError(
                .wrongFileKind, "this is not a file that can be read from start to end", in: path,
                found: fileKind(status.st_mode), expected: "a regular file")
        }
        self.descriptor = descriptor
        byteCount = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// Fills `buffer` as far as the file goes and returns how many bytes it put there; 0 at the end of the file.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(DataError) -> Int {
        while true {
            #if canImport(Glibc)
                let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            #elseif canImport(Musl)
                let count = Musl.read(descriptor, buffer.baseAddress, buffer.count)
            #else
                let count = Darwin.read(descriptor, buffer.baseAddress, buffer.count)
            #endif
            if count >= 0 {
                offset += count
                return count
            }
            if errno != EINTR { throw DataError.reading(path, at: offset, errno) }
        }
    }

    /// Fills `buffer` from the bytes that begin at `start`, wherever `read` stands.
    ///
    /// - Throws: an error of kind `tooShort` where the file ends before.
    func fill(_ buffer: UnsafeMutableRawBufferPointer, from start: Int) throws(DataError) {
        var filled = 0
        while filled < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let count = pread(descriptor, rest.baseAddress, rest.count, off_t(start + filled))
            if count > 0 {
                filled += count
            } else if count == 0 {
                throw DataError(
                    .tooShort, "the file ends too early", in: path, at: .byte(start + filled),
                    found: "the end of the file", expected: "\(buffer.count - filled) more bytes")
            } else if errno != EINTR {
                throw DataError.reading(path, at: start + filled, errno)
            }
        }
    }

    /// The `count` bytes that begin at `start`.
    ///
    /// - Throws: an error of kind `tooShort`, before anything is allocated, where the file has not so many.
    func bytes(at start: Int, count: Int) throws(DataError) -> [UInt8] {
        guard start >= 0, count >= 0, count <= byteCount, start <= byteCount - count else {
            throw DataError(
                .tooShort, "the file is too short for what it announces", in: path, at: .byte(max(0, start)),
                found: "\(byteCount) bytes in all", expected: "\(count) bytes from here")
        }
        var failure: DataError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            do throws(DataError) {
                try fill(UnsafeMutableRawBufferPointer(buffer), from: start)
                initialized = count
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }
}

/// What stands at `path`, or nil where nothing does.
func fileKindIfPresent(_ path: String) throws(DataError) -> FileKind? {
    var status = stat()
    guard stat(path, &status) != 0 else {
        return status.st_mode & S_IFMT == S_IFDIR ? .folder : .other(fileKind(status.st_mode))
    }
    if errno == ENOENT { return nil }
    throw DataError.opening(path, errno)
}

/// A folder, or something else with a name for people.
enum FileKind {
    case folder
    case other(String)
}

private func fileKind(_ mode: mode_t) -> String {
    switch mode & S_IFMT {
    case S_IFREG: "a file"
    case S_IFDIR: "a folder"
    case S_IFIFO: "a pipe"
    case S_IFSOCK: "a socket"
    case S_IFCHR, S_IFBLK: "a device"
    default: "something that is neither a file nor a folder"
    }
}

extension DataError {
    /// Why `path` could not be opened, from the operating system's error number.
    static func opening(_ path: String, _ code: Int32) -> DataError {
        let reason = String(cString: strerror(code))
        switch code {
        case ENOENT:
            return DataError(.missing, "there is no such file", in: path, found: reason, expected: "a readable file")
        case ENOTDIR:
            return DataError(
                .wrongFileKind, "a part of this path is a file, not a folder", in: path, found: reason,
                expected: "folders on the way to the file")
        case EACCES, EPERM:
            return DataError(
                .noPermission, "this may not be read", in: path, found: reason,
                expected: "a file that the user of this process may read")
        default:
            return DataError(
                .inputOutput, "the file could not be opened", in: path, found: reason, expected: "a readable file")
        }
    }

    /// Why reading `path` failed in the middle.
    static func reading(_ path: String, at offset: Int, _ code: Int32) -> DataError {
        DataError(
            .inputOutput, "reading failed", in: path, at: .byte(offset), found: String(cString: strerror(code)),
            expected: "more bytes, or the end of the file")
    }
}
