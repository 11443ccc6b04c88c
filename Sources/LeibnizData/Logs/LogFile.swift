import Foundation

/// A file that grows at its end, each piece in one write.
final class LogFile {
    let path: String
    private let descriptor: Int32

    /// Opens a file, made with its folder if need be.
    ///
    /// - Parameter isNew: whether what is in it is thrown away; by default it goes on.
    init(path: String, isNew: Bool = false) throws(DataError) {
        self.path = path
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            do {
                try FileManager.default.createDirectory(
                    atPath: String(path[..<slash]), withIntermediateDirectories: true)
            } catch {
                throw DataError(
                    .inputOutput, "the folder for a log could not be made", in: path,
                    found: error.localizedDescription, expected: "a folder in which files can be made")
            }
        }
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (isNew ? O_TRUNC : 0), 0o644)
        guard descriptor >= 0 else { throw DataError.writing(path, errno) }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func append(_ bytes: [UInt8]) throws(DataError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { memory in
                write(descriptor, memory.baseAddress?.advanced(by: written), memory.count - written)
            }
            if count >= 0 {
                written += count
            } else if errno != EINTR {
                throw DataError.writing(path, errno)
            }
        }
    }

    func sync() throws(DataError) {
        guard fsync(descriptor) == 0 else { throw DataError.writing(path, errno) }
    }
}
