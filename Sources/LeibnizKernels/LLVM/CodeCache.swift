import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Object code on disk, by the digest of all that it was made from.
///
/// What is in the folder will be executed, so only its owner may read or write it (mode 0700), and a folder of anybody else is
/// refused. An entry is written to a file of its own and then renamed, so readers never see half of one; it begins with a
/// digest of its contents, so a damaged one is recompiled. Where the sum of sizes exceeds `byteLimit`, the entries that were
/// not used for longest go. A cache that cannot be read or written is no error: code is then compiled each time.
public final class CodeCache: Sendable {
    /// The folder.
    public let folder: String
    /// About how many bytes are kept.
    public let byteLimit: Int
    private let writes = Atomic<Int>(0)

    /// The cache in a folder, which is made if need be; nil if that cannot be, or if others might write there.
    public init?(folder: String, byteLimit: Int = 256 << 20) {
        guard Self.makePrivateFolder(folder) else { return nil }
        (self.folder, self.byteLimit) = (folder, byteLimit)
    }

    /// The bytes of all entries.
    public var byteCount: Int { entries().reduce(0) { $0 + $1.byteCount } }

    /// Removes all entries.
    public func removeAll() {
        for entry in entries() { unlink(entry.path) }
    }

    /// The contents stored under a name, or nil; a damaged entry is removed.
    func load(_ name: String) -> [UInt8]? {
        let path = path(name)
        guard let file = readFile(path) else { return nil }
        guard file.count > Self.headerCount, file.starts(with: Self.magic),
            SHA256.digest(file[Self.headerCount...]) == Array(file[Self.magic.count..<Self.headerCount])
        else {
            unlink(path)
            return nil
        }
        utimes(path, nil)  // It was used just now.
        return Array(file[Self.headerCount...])
    }

    /// Stores contents under a name.
    func store(_ name: String, _ contents: [UInt8]) {
        let number = writes.add(1, ordering: .relaxed).newValue
        let temporary = "\(folder)/\(name).\(getpid()).\(number).part"
        guard writeFile(temporary, Self.magic + SHA256.digest(contents) + contents),
            rename(temporary, path(name)) == 0
        else {
            unlink(temporary)
            return
        }
        if number % 64 == 1 { trim() }
    }

    /// Removes what was not used for longest until a quarter of the limit is free, if the limit is exceeded.
    func trim() {
        var entries = entries()
        let now = time(nil)
        // Parts that a process left behind when it was killed.
        for entry in entries where entry.isPart && now - entry.lastUse > 3600 { unlink(entry.path) }
        entries.removeAll(where: \.isPart)
        var sum = entries.reduce(0) { $0 + $1.byteCount }
        guard sum > byteLimit else { return }
        for entry in entries.sorted(by: { $0.lastUse < $1.lastUse }) {
            if sum <= byteLimit / 4 * 3 { break }
            unlink(entry.path)
            sum -= entry.byteCount
        }
    }

    private static let magic = Array("leibniz1".utf8)
    private static let headerCount = magic.count + 32
    private static let suffix = ".object"

    private func path(_ name: String) -> String { "\(folder)/\(name)\(Self.suffix)" }

    private struct Entry {
        var path: String
        var byteCount: Int
        var lastUse: Int
        var isPart: Bool { path.hasSuffix(".part") }
    }

    private func entries() -> [Entry] {
        fileNames(inFolder: folder).compactMap { name in
            guard name.hasSuffix(Self.suffix) || name.hasSuffix(".part") else { return nil }
            let path = "\(folder)/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
            #if canImport(Darwin)
                let lastUse = status.st_mtimespec.tv_sec
            #else
                let lastUse = status.st_mtim.tv_sec
            #endif
            return Entry(path: path, byteCount: Int(status.st_size), lastUse: lastUse)
        }
    }

    private static func makePrivateFolder(_ folder: String) -> Bool {
        guard makeFolder(folder, mode: 0o700) else { return false }
        var status = stat()
        guard stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid() else {
            return false
        }
        // A folder of ours that others may look into (made by hand, say) is closed.
        return status.st_mode & 0o077 == 0 || chmod(folder, 0o700) == 0
    }
}
